"""Every real pod of test/corpus, created on a real API server."""

import json
import os
from pathlib import Path

from kit import pods

CORPUS = Path(os.environ.get("SPARKHOOK_CORPUS") or Path(__file__).resolve().parents[1] / "corpus")


def corpus():
    files = sorted(CORPUS.glob("*.json"))
    assert files, f"no corpus in {CORPUS}"
    return [(file.stem, pods.fresh(json.loads(file.read_text())["request"]["object"])) for file in files]


def test_corpus_pods_are_stored_as_they_ask(env):
    webhook = env.webhook
    for name, pod in corpus():
        before, count = env.plain(pod), webhook.reviews()
        answer = env.api.create_pod(env.namespace, pod)
        assert answer.code == 201, f"{name}: {answer.message}"
        try:
            pods.check(before, answer.body)
        except AssertionError as problem:
            raise AssertionError(f"{name}: {problem}") from None
        assert webhook.reviews() - count == int(pods.annotated(pod)), name


def test_a_second_pass_over_corpus_pods_changes_nothing(env):
    webhook = env.webhook
    for name, pod in corpus():
        stored = env.api.create_pod(env.namespace, pod).body
        count = webhook.reviews(outcome="mutated")
        again = env.api.create_pod(env.namespace, pods.fresh(stored, "second"), dry_run=True)
        assert again.code == 201, f"{name}: {again.message}"
        assert again.body["spec"] == stored["spec"], name
        assert again.body["metadata"].get("annotations") == stored["metadata"].get("annotations"), name
        assert webhook.reviews(outcome="mutated") == count, f"{name}: patched twice"


def test_corpus_pods_are_stored_without_a_warning_of_the_api_server(env):
    """A duplicate variable or mount makes the API server warn; the webhook's own warnings name annotations."""
    env.webhook
    for name, pod in corpus():
        known = env.api.create_pod("default", pod, dry_run=True).warnings
        answer = env.api.create_pod(env.namespace, pod, dry_run=True)
        added = [w for w in answer.warnings if w not in known and w.startswith("spec.")]
        assert not added, f"{name}: {added}"

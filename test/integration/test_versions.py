"""Old and new version side by side, in either order, as in every upgrade and every roll-back."""

import base64
import json

import jsonpatch
from harness import CORPUS, corpus
from replicas import Replicas, check, stopped_well

STAMP = "/metadata/annotations/spark-operator.k8s.io~1mutated-by"


def test_an_upgrade_and_a_roll_back_lose_nothing(env):
    """And both versions give the same but for the stamp."""
    for old, new in ((env.other, env.webhook), (env.webhook, env.other)):
        with Replicas(env, webhook=old) as replicas, replicas.load() as loader:
            begun = list(replicas.running)
            for index in range(len(begun)):
                loader.wait_good(50)
                replicas.replace(index, new)
            loader.wait_good(50)
            summary = loader.summary()
            check(summary, 150)
            replicas.end()
            stopped_well(begun)
        patches = [json.loads(patch) for patch in summary["patches"]]
        stamps = {op.pop("value") for patch in patches for op in patch if op["path"] == STAMP}
        assert len(stamps) == len(patches) == 2 and patches[0] == patches[1], stamps


def passed(server, review):
    """The pod as the server leaves it, and whether it changed anything."""
    response = server.post(review).response
    assert response["allowed"], response
    patch = json.loads(base64.b64decode(response.get("patch", "W10=")))
    pod = jsonpatch.apply_patch(review["request"]["object"], patch)
    return review | {"request": review["request"] | {"object": pod}}, bool(patch)


def test_no_pod_goes_to_and_fro_between_versions(env):
    """One that was treated by either is left as it is by both, and keeps the stamp of who changed it."""
    one, other = env.server(), env.server(webhook=env.other)
    for first, second in ((one, other), (other, one)):
        for file in sorted(CORPUS.glob("*.json")):
            review, changed = passed(first, corpus(file.stem))
            for server in second, first, second:
                assert passed(server, review) == (review, False), file.stem
            assert changed or "none" in file.stem, file.stem

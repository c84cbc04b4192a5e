#!/usr/bin/env python3
"""Runs one golden case against the real program.

A case is a folder <suite>/<name>/ of files only:
  request.json  an AdmissionReview as the API server sends it
  answer.json   what is expected, patch decoded: {allowed, message, warnings, audit, patch}
  flags         optional: flags for `spark-webhook mutate`, one a line
  why.md        the rule or the bug that this case guards

To add one: make the folder with request.json and why.md, run this with SPK_GOLDEN_UPDATE=1, and
read what it wrote to answer.json before committing it.

Beyond the files, every case must hold what rules.py says; the answer must not depend on the order
of members; a Pod by itself gives the same patch as its review; our own way to apply a patch agrees
with an independent one; and a second pass over the result changes nothing.
"""

import json
import os
import pathlib
import subprocess
import sys

try:
    import explained
    import rules
except ImportError as error:
    print(f"SKIP: {error.name} is missing: apt-get install python3-jsonpatch")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def mutate(program, flags, document, *more):
    run = subprocess.run([program, "mutate", *flags, *more], input=json.dumps(document).encode(),
                         capture_output=True, timeout=30, check=False)
    rules.require(run.returncode in (0, 1) and b"Sanitizer" not in run.stderr,
                  f"exit code {run.returncode}: {run.stderr.decode()}")
    return run.stdout


def readable(answer):
    response = answer["response"]
    shown = {"allowed": response["allowed"]}
    if "status" in response:
        shown["message"] = response["status"]["message"]
    for key, name in (("warnings", "warnings"), ("auditAnnotations", "audit")):
        if key in response:
            shown[name] = response[key]
    patch = rules.decode_patch(response)
    if patch:
        shown["patch"] = patch
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def check_expected(case, answer):
    expected = case / "answer.json"
    got = readable(answer)
    if os.environ.get("SPK_GOLDEN_UPDATE"):
        expected.write_text(got)
    rules.require(expected.exists(), "answer.json is missing: SPK_GOLDEN_UPDATE=1 writes it")
    rules.require(expected.read_text() == got, f"expected {expected.read_text()}\ngot {got}")


def is_treated(review):
    request = review["request"]
    resource = request.get("resource") or {}
    return (request.get("operation") == "CREATE" and request.get("object") is not None and
            resource == {"group": "", "version": "v1", "resource": "pods"} and
            not request.get("subResource"))


def check_pod_alone(program, flags, review, patch, after, allowed):
    pod = dict(review["request"]["object"], kind="Pod")
    alone = mutate(program, flags, pod, "--patch")
    rules.require(json.loads(alone or "[]") == patch and bool(alone) == allowed,
                  f"the pod by itself gives {alone}")
    if allowed:
        result = json.loads(mutate(program, flags, pod))
        rules.require(result == dict(after, kind="Pod"), "our own patch applies like another's")


def check_explained(program, flags, review, answer, after):
    """Nothing that the patch changes is unexplained, and each refusal has a line."""
    pod = review["request"]["object"]
    text = mutate(program, flags, review, "--explain").decode()
    explained.check(pod, after if after is not None else pod, text)
    if not answer["response"]["allowed"]:
        refused = "; ".join(explained.refusals(text))
        rules.require(refused.startswith(answer["response"]["status"]["message"]), f"refused: {refused}")


def prefix_of(flags):
    given = [flag.partition("=")[2] for flag in flags if flag.startswith("--annotation-prefix=")]
    return given[-1] if given else rules.PREFIX


def run(program, case):
    flags = (case / "flags").read_text().split() if (case / "flags").exists() else []
    review = json.loads((case / "request.json").read_text())
    raw = mutate(program, flags, review)
    answer = json.loads(raw)
    patch, after = rules.check_answer(review, answer, prefix_of(flags))
    allowed = answer["response"]["allowed"]
    rules.check_same(answer, json.loads(mutate(program, flags, rules.reordered(review))))
    if is_treated(review):
        check_pod_alone(program, flags, review, patch, after, allowed)
        check_explained(program, flags, review, answer, after)
    if allowed and after is not None:
        again = rules.with_object(review, after)
        rules.check_second_pass(again, after, json.loads(mutate(program, flags, again)))
    rules.require((case / "why.md").exists(), "why.md is missing")
    check_expected(case, answer)


if __name__ == "__main__":
    try:
        run(sys.argv[1], pathlib.Path(sys.argv[2]))
    except rules.Broken as broken:
        sys.exit(f"{sys.argv[2]}: {broken}")

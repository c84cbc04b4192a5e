#!/usr/bin/env python3
"""Thousands of generated pods and annotations: every rule of rules.py holds for each answer, the
order of members does not matter, and mutating twice is mutating once."""

import json
import os
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
try:
    import rules
except ImportError as error:
    print(f"SKIP: {error.name} is missing: apt-get install python3-jsonpatch")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

from generate import ask_defaults, pod, pod_with_overlay  # noqa: E402  (what may be missing comes first)


def review(made, uid):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": uid, "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE", "namespace": "default", "object": made}}


class Program:
    """The program that answers lines."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, document):
        self.process.stdin.write(json.dumps(document).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=30)


def check_one(program, seed, seen):
    asked = again(seed, f"uid-{seed}")
    answer = program.ask(asked)
    rules.require("error" not in answer, f"error: {answer}")
    patch, after = rules.check_answer(asked, answer)
    rules.check_same(answer, program.ask(rules.reordered(asked)))
    outcome = "denied" if not answer["response"]["allowed"] else "patched" if patch else "as it is"
    seen[outcome] = seen.get(outcome, 0) + 1
    if outcome != "denied":
        twice = rules.with_object(asked, after)
        rules.check_second_pass(twice, after, program.ask(twice))


def again(seed, uid="x"):
    """The review of a seed. Every second pod has an overlay."""
    rnd = random.Random(seed)
    return review(ask_defaults(rnd, (pod_with_overlay if seed % 2 else pod)(rnd)), uid)


def main(path, count):
    program, seen = Program(path), {}
    for seed in range(count):
        try:
            check_one(program, seed, seen)
        except Exception as broken:  # pylint: disable=broad-except
            print(f"seed {seed}: {broken!r}\n{json.dumps(again(seed))}")
            return 1
    print(seen)
    enough = all(seen.get(outcome, 0) > count / 20 for outcome in ("denied", "patched"))
    return 0 if program.end() == 0 and enough else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))

#!/usr/bin/env python3
"""Every example of docs/, on pods of real spark-submits: those that ask are allowed and done, those under "What is
refused" are refused. extract() is what the end-to-end tests take, too.

An example is a block of sh with spark-submit's --conf, a block of json (an overlay), or `{"...` in a line: an overlay.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
from typing import NamedTuple

try:
    import explained
    import rules
except ImportError as error:
    import os
    print(f"SKIP: {error.name} is missing: apt-get install python3-jsonpatch")
    sys.exit(1 if os.environ.get("CI") == "true" else 77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ("docs/annotations.md", "docs/from-the-operator.md")
PODS = {"driver": ("spark-3.1.3-driver-none", "spark-3.5.7-driver-none", "spark-4.3.0-driver-none", "spark-3.5.7-driver-template"),
        "executor": ("spark-3.5.7-executor-all", "spark-4.3.0-executor-all", "spark-3.5.7-executor-cluster")}
ASKS = re.compile(r"spark\.kubernetes\.(driver|executor)\.annotation\.(.*)")


class Example(NamedTuple):
    where: str  # FILE:LINE
    asks: dict  # role: its annotations
    settings: dict  # the other properties
    refused: bool
    command: str = ""  # the block of sh, whole


def settings_of(block):
    words = shlex.split(block.replace("\\\n", " "))
    return dict(words[i + 1].split("=", 1) for i, word in enumerate(words[:-1]) if word == "--conf")


def of_command(where, block, refused):
    asks, settings = {}, {}
    for key, value in settings_of(block).items():
        found = ASKS.fullmatch(key)
        if found:
            asks.setdefault(found[1], {})[found[2]] = value
        else:
            settings[key] = value
    return [Example(where, asks, settings, refused, block)] if asks else []


def of_overlay(where, text, refused):
    roles = ["driver"] if refused else PODS  # some name the driver's container, say
    return [Example(where, {role: {rules.PREFIX + "/overlay": text} for role in roles}, {}, refused)]


def extract(file):
    """The examples of one document, in its order."""
    found, block, kind, refused = [], [], None, False
    for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
        where = f"{file}:{number}"
        if line.startswith("```"):
            if kind == "sh":
                found += of_command(where, "\n".join(block), refused)
            elif kind == "json":
                found += of_overlay(where, "\n".join(block), refused)
            kind, block = (None if kind is not None else line[3:]), []
        elif kind is not None:
            block.append(line)
        elif line.startswith("#"):
            refused = "refused" in line
        else:
            for text in re.findall(r"`(\{\"[^`]*)`", line):
                found += of_overlay(where, text, refused)
    return found


def asking(corpus, asks):
    """A review of a real pod that carries @asks and nothing else of ours."""
    review = json.loads((ROOT / f"test/corpus/{corpus}.json").read_text())
    metadata = review["request"]["object"]["metadata"]
    theirs = {key: value for key, value in (metadata.get("annotations") or {}).items()
              if not key.startswith((rules.PREFIX, "sparkoperator.k8s.io"))}
    metadata["annotations"] = {**theirs, **asks}
    return review


def mutate(program, review, *flags):
    run = subprocess.run([program, "mutate", *flags], input=json.dumps(review).encode(), capture_output=True, timeout=30, check=False)
    rules.require(run.returncode in (0, 1), run.stderr.decode())
    return run.stdout


def check_one(program, example, corpus, asks):
    review = asking(corpus, asks)
    answer = json.loads(mutate(program, review))
    patch, after = rules.check_answer(review, answer)
    response = answer["response"]
    rules.require(response["allowed"] != example.refused, f"allowed: {response['allowed']}, {response.get('status')}")
    if example.refused:
        return
    rules.require(len(patch) > 1 and "warnings" not in response, f"{len(patch)} operations, {response.get('warnings')}")
    explained.check(review["request"]["object"], after, mutate(program, review, "--explain").decode())
    again = rules.with_object(review, after)
    rules.check_second_pass(again, after, json.loads(mutate(program, again)))


def known_keys():
    """Canonical keys that the program takes, by its table."""
    rows = re.findall(r"SPK_LIT\(\"[\w.-]+\"\),\s+SPK_KEY_(\w+),\s+\"([\w.]+)\"", (ROOT / "src/admission/key.c").read_text())
    return {key for kind, key in rows if kind not in ("RETIRED", "STAMP")}


def check_keys(examples):
    """No key without an example."""
    shown = {key.partition("/")[2] for example in examples for asks in example.asks.values() for key in asks}
    for key in known_keys():
        rules.require(any(each.startswith(key) if key.endswith(".") else each == key for each in shown),
                      f"no example has {key}")


def run(program):
    examples = [example for file in FILES for example in extract(file)]
    check_keys(extract(FILES[0]))
    count = 0
    for example in examples:
        for role, asks in example.asks.items():
            for corpus in PODS[role][:1] if example.refused else PODS[role]:
                try:
                    check_one(program, example, corpus, asks)
                except rules.Broken as broken:
                    raise rules.Broken(f"{example.where}, {corpus}: {broken}") from None
                count += 1
    rules.require(count > 100, f"{count} pods: are the examples found?")
    print(f"{len(examples)} examples on {count} pods")


if __name__ == "__main__":
    try:
        run(sys.argv[1])
    except rules.Broken as broken:
        sys.exit(str(broken))

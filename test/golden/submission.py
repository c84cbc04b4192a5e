#!/usr/bin/env python3
"""Runs one case of submission/: what is submitted for a SparkApplication.

A case is a folder submission/<name>/ of files only:
  application.yaml  as the API server has it, with namespace and uid
  arguments         optional: --no-webhook, or what spark.ui.proxyBase is to be
  result.json       what is expected: properties, templates, arguments, notes; or
  refused.txt       why it can't be submitted
  why.md            the rule or the bug that this case guards

To add one: make the folder with application.yaml and why.md, run this with SPK_GOLDEN_UPDATE=1, and
read what it wrote before committing it.
"""

import os
import pathlib
import subprocess
import sys


def run(program, case):
    """The name of the file that says what came out, and what must be in it."""
    given = case / "arguments"
    words = given.read_text().split() if given.exists() else []
    done = subprocess.run([program, *words], input=(case / "application.yaml").read_bytes(), timeout=30,
                          capture_output=True, check=False)
    if done.returncode == 0:
        return "result.json", done.stdout.decode() + "\n"
    return "refused.txt", done.stderr.decode()


def main(program, case):
    name, got = run(program, case)
    expected = case / name
    other = case / ("refused.txt" if name == "result.json" else "result.json")
    if os.environ.get("SPK_GOLDEN_UPDATE"):
        other.unlink(missing_ok=True)
        expected.write_text(got)
    if not expected.exists() or other.exists():
        return f"expected no {name}, got\n{got}"
    if not (case / "why.md").exists():
        return "why.md is missing"
    return 0 if expected.read_text() == got else f"expected\n{expected.read_text()}got\n{got}"


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])))

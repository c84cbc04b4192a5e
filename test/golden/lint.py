#!/usr/bin/env python3
"""Runs one case of lint/: `spark-webhook lint` on the files of the case.

A case is a folder lint/<name>/ of files only:
  arguments   of the command, which runs in the folder
  stdin       optional: its standard input
  output.txt  what is expected: standard output, lines of standard error, and the exit code
  why.md      the rule or the bug that this case guards

To add one: make the folder with all but output.txt, run this with SPK_GOLDEN_UPDATE=1, and read what
it wrote before committing it.
"""

import os
import pathlib
import subprocess
import sys


def run(program, case):
    given = case / "stdin"
    done = subprocess.run([program, "lint", *(case / "arguments").read_text().split()], cwd=case, timeout=30,
                          input=given.read_bytes() if given.exists() else b"", capture_output=True, check=False)
    return done.stdout.decode() + done.stderr.decode() + f"exit code {done.returncode}\n"


def main(program, case):
    expected = case / "output.txt"
    got = run(program, case)
    if os.environ.get("SPK_GOLDEN_UPDATE"):
        expected.write_text(got)
    if not expected.exists():
        return "output.txt is missing: SPK_GOLDEN_UPDATE=1 writes it"
    if not (case / "why.md").exists():
        return "why.md is missing"
    return 0 if expected.read_text() == got else f"expected\n{expected.read_text()}got\n{got}"


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])))

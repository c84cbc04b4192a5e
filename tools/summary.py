#!/usr/bin/env python3
"""Adds up what the tests of one run gave: summary.py DIR

DIR holds ctest's JUnit files, one for each build, and steps.tsv: name, outcome, why. Lists what
failed and what was skipped; the last line counts. Exit code 1 when anything failed.
"""

import re
import sys
import xml.etree.ElementTree
from pathlib import Path


def outcome(case):
    """A test that could not start, or whose fixture failed, is no skipped one: it failed."""
    skipped = case.find("skipped")
    said = re.findall(r"^SKIP: (.*)$", case.findtext("system-out") or "", re.MULTILINE)
    if skipped is not None and "SKIP_" in skipped.get("message", ""):
        return "skipped", said[-1] if said else "it did not say why"
    if case.get("status") == "run" and skipped is None and case.find("failure") is None:
        return "passed", ""
    fault = skipped if skipped is not None else case.find("failure")
    message = fault.get("message", "") if fault is not None else ""
    return "failed", said[-1] if said else message


def cases(folder):
    for file in sorted(folder.glob("*.xml")):
        for case in xml.etree.ElementTree.parse(file).getroot().iter("testcase"):
            yield f"{file.stem}: {case.get('name')}", *outcome(case)
    steps = folder / "steps.tsv"
    for line in steps.read_text().splitlines() if steps.exists() else []:
        name, result, why = line.split("\t", 2)
        yield name, result, why


def main():
    found = {"passed": [], "failed": [], "skipped": []}
    for name, result, why in cases(Path(sys.argv[1])):
        found[result].append((name, why))
    for result in "skipped", "failed":
        if found[result]:
            print(f"\n{result}:")
        for name, why in found[result]:
            print(f"  {name}" + (f": {why}" if why else ""))
    print("\n" + ", ".join(f"{len(names)} {result}" for result, names in found.items()))
    return 1 if found["failed"] or not found["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())

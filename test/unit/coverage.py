#!/usr/bin/env python3
"""Line coverage of one folder and those below it: coverage.py BUILD FOLDER LEAST-PERCENT, run in the source tree.

Reads what gcov says about the objects below BUILD; writes nothing. Exit 1 below LEAST-PERCENT.
"""

import json
import pathlib
import subprocess
import sys


def counts_of(notes):
    """The files of one object: name and a count for each line."""
    gcov = subprocess.run(
        ["gcov", "--json-format", "--stdout", str(notes.resolve())],
        capture_output=True,
        check=True,
        text=True,
    )
    for document in gcov.stdout.splitlines():
        for file in json.loads(document)["files"]:
            yield file["file"], {line["line_number"]: line["count"] for line in file["lines"]}


def main():
    build, folder, least = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), float(sys.argv[3])
    lines = {}
    for notes in sorted(pathlib.Path(build).rglob("*.gcno")):
        if folder.name not in notes.parts:
            continue
        for name, counts in counts_of(notes):
            path = pathlib.Path(name).resolve()
            if folder not in path.parents:
                continue
            file = lines.setdefault(str(path.relative_to(folder)), {})
            for line, count in counts.items():
                file[line] = file.get(line, 0) + count
    reached = total = 0
    for name, file in sorted(lines.items()):
        missed = sorted(line for line, count in file.items() if count == 0)
        reached += len(file) - len(missed)
        total += len(file)
        share = 100 * (len(file) - len(missed)) / len(file)
        print(f"{share:6.1f} %  {name}" + (f"  not: {', '.join(map(str, missed))}" if missed else ""))
    if not total:
        sys.exit(f"no counts for {folder} below {build}")
    print(f"{100 * reached / total:6.1f} %  {reached} of {total} lines of {sys.argv[2]}")
    sys.exit(100 * reached < least * total)


if __name__ == "__main__":
    main()

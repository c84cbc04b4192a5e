"""clang-tidy over src: tidy.py BUILD, from the root of the repository.

What it found nothing in is remembered in the cache, by what it saw: its version, its configuration, the command
line, and the file as the preprocessor leaves it, comments included. A file is looked at again once one of them changes.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

TIDY = "clang-tidy-14"  # other versions complain differently
SAID = re.compile(r"^[^ ]+: (error|warning):|^Error", re.MULTILINE)


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SPARKHOOK_CACHE") or Path(base) / "sparkhook") / "tidy"


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", **more)


def preprocessed(entry):
    """The file and all that it includes; without where they lie."""
    command = shlex.split(entry["command"])
    without_output = command[:command.index("-o")] + command[command.index("-o") + 2:]
    done = run(*[each for each in without_output if each != "-c"], "-E", "-CC", "-P", cwd=entry["directory"], check=True)
    return done.stdout


def key_of(entry, root, settings):
    seen = "\0".join([settings, entry["command"], preprocessed(entry), Path(entry["file"]).read_text()])
    return hashlib.sha256(seen.replace(str(root), "").encode()).hexdigest()


def look(entry, build, root, settings):
    """What is wrong with one file. Given several, clang-tidy takes every va_list but the first for uninitialised; how
    the analyzer came to what it says is hundreds of lines: run it by hand on the one file for those."""
    known = cache() / key_of(entry, root, settings)
    if known.exists():
        known.touch()
        return ""
    done = run(TIDY, "--quiet", "-p", build, entry["file"])
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if SAID.match(line))
    if done.returncode == 0 and not said:
        known.touch()
    return said or ("" if done.returncode == 0 else f"{entry['file']}: {TIDY} ended with {done.returncode}")


def main(build):
    if not shutil.which(TIDY):
        print(f"SKIP: needs {TIDY}")
        return 1 if os.environ.get("CI") == "true" else 77
    root = Path.cwd()
    settings = run(TIDY, "--version").stdout + Path(".clang-tidy").read_text()
    entries = [entry for entry in json.loads(Path(build, "compile_commands.json").read_text())
               if (root / "src") in Path(entry["file"]).parents]
    sources = set((root / "src").rglob("*.c"))
    assert sources == {Path(entry["file"]) for entry in entries}, "not every file of src is compiled"
    cache().mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [text for text in pool.map(lambda entry: look(entry, build, root, settings), entries) if text]
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

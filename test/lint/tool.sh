#!/usr/bin/env bash
# Checkers that others wrote, from the root of the repository: tool.sh format | man | tidy BUILD
set -euo pipefail

need() { # other versions of these format and complain differently
    command -v "$1" >/dev/null && return
    echo "SKIP: needs $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 77
}

case $1 in
format)
    need clang-format-14
    find src include test -name '*.[ch]' -print0 | xargs -0 clang-format-14 --dry-run --Werror
    ;;
man)
    need mandoc
    mandoc -T lint -W warning man/*.8
    ;;
tidy)
    need clang-tidy-14
    # One file at a time: given several it takes every va_list but the first for uninitialised. How the
    # analyzer came to what it says is hundreds of lines: run it by hand on the one file for those.
    find src -name '*.c' -print0 | xargs -0 -n 1 -P 2 clang-tidy-14 --quiet -p "$2" 2>&1 |
        { grep -E '^[^ ]+: (error|warning):|^Error' || true; }
    ;;
esac

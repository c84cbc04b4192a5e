#!/usr/bin/env bash
# Checkers that others wrote, from the root of the repository: tool.sh format | man
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
esac

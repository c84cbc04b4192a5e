#!/usr/bin/env bash
# Every shell and Python script parses: syntax.sh ROOT
set -euo pipefail
cd "$1"
bad=0
python=()
while IFS= read -r -d '' file; do
    case $file:$(head -c 40 "$file" | head -n 1 | tr -d '\0') in
    *.sh:* | *:'#!'*bash | *:'#!/bin/sh') bash -n "$file" || bad=1 ;;
    *.py:* | *:'#!'*python3) python+=("$file") ;;
    esac
done < <(find . \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune -o \
    -type f ! -name '*.[ch]' ! -name '*.json' -print0)
python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)' "${python[@]}" || bad=1
exit $bad

#!/bin/sh
# Line coverage of src/admission and src/app by the tests that need no server: 95 % or exit 1.
# Usage: test/unit/coverage.sh [BUILD-DIR]
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build/coverage}

cmake --preset coverage -B "$build" >/dev/null
cmake --build "$build" --parallel "$(nproc)" >/dev/null
find "$build" -name '*.gcda' -delete
ctest --test-dir "$build" -j2 -L 'unit|golden|oom|properties' -E '^unit\.(net|kube|webhook|controller)\.' --output-on-failure --quiet
python3 test/unit/coverage.py "$build" src/admission 95
python3 test/unit/coverage.py "$build" src/app 95

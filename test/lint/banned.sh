#!/usr/bin/env bash
# Functions and habits that have no place in the product: banned.sh ROOT
set -euo pipefail
cd "$1"
bad=0
ban() { # why, pattern, files...
    local why=$1 pattern=$2 hits
    shift 2
    hits=$(grep -rnE --include='*.[ch]' "$pattern" "$@" | cut -c1-160 || true)
    if [ -n "$hits" ]; then
        sed "s/\$/   <- $why/" <<<"$hits"
        bad=1
    fi
}
mapfile -t not_main < <(find src include -name '*.[ch]' ! -name main.c)
call='(^|[^A-Za-z0-9_.>"])'
ban "knows no limit" "$call(sprintf|vsprintf|strcpy|strcat|gets)\(" src include
ban "keeps state between calls" "$call(strtok|localtime|gmtime)\(" src include test
ban "can't tell a number from rubbish" "$call(atoi|atol|atof)\(" src include test
ban "starts a shell" "$call(system|popen)\(" src include test
ban "only main.c ends the program" "$call(exit|_exit|quick_exit|abort)\(" "${not_main[@]}"
ban "JSON is built by spk_json and jansson, which escape" 'printf\(.*\\"[A-Za-z_]*\\" *:' src include
ban "open questions go to issues" '\b(TODO|FIXME|XXX)\b' src include
exit $bad

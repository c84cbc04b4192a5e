#!/usr/bin/env bash
# Nothing grows beyond what can be read at once: size.sh ROOT
set -euo pipefail
cd "$1"
FILE_LINES=600
FUNCTION_LINES=100
MEDIAN_LINES=15

mapfile -t files < <(find src include test -name '*.[ch]' 2>/dev/null | sort)
# A function's body is what stands between braces in the first column; its name is on the lines before.
functions=$(awk '
    FNR == 1        { inside = 0; name = "" }
    /^[A-Za-z_].*\(/ { name = $0; sub(/^START_TEST\(/, "", name); sub(/[()].*/, "", name); sub(/.*[ *]/, "", name); at = FNR }
    /^{/            { inside = 1; start = FNR; next }
    /^}/ && inside  { print FNR - start - 1, FILENAME ":" at, name; inside = 0 }
' "${files[@]}" | sort -rn)

bad=0
while read -r lines file; do
    if [ "$file" != total ] && [ "$lines" -ge $FILE_LINES ]; then
        echo "$file:1: $lines lines, expected fewer than $FILE_LINES"
        bad=1
    fi
done < <(wc -l "${files[@]}")

echo "the longest functions:"
head -n 10 <<<"$functions"
while read -r lines where name; do
    if [ "$lines" -gt $FUNCTION_LINES ]; then
        echo "$where: $name has $lines lines, expected at most $FUNCTION_LINES"
        bad=1
    fi
done <<<"$functions"

ours=$(grep ' src/' <<<"$functions" | sort -n || true)
count=$(wc -l <<<"$ours")
median=$(sed -n "$(((count + 1) / 2))p" <<<"$ours")
echo "$count functions in src, median ${median%% *} lines"
if [ "${median%% *}" -ge $MEDIAN_LINES ]; then
    echo "src:1: the median function has ${median%% *} lines, expected fewer than $MEDIAN_LINES"
    bad=1
fi
exit $bad

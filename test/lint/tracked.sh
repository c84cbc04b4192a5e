#!/usr/bin/env bash
# What must never be committed: private keys, and paths of one developer's machine. tracked.sh ROOT
set -euo pipefail
cd "$1"
tracked=(git -c safe.directory='*')
if ! "${tracked[@]}" rev-parse --git-dir >/dev/null 2>&1; then
    echo "SKIP: needs a git checkout"
    exit 77
fi
bad=0
never() { # why, pattern
    local hits
    hits=$("${tracked[@]}" grep -nIE -e "$2" | cut -c1-160 || true)
    if [ -n "$hits" ]; then
        sed "s/\$/   <- $1/" <<<"$hits"
        bad=1
    fi
}
never "a private key" '^ *-{5}BEGIN ([A-Z]+ )?PRIVATE KEY-{5}'
never "a path of one machine" '(^|[^A-Za-z0-9_.-])/(work|root)/'
exit $bad

#!/usr/bin/env bash
# The checks check: each finds the one fault that is planted for it, where it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
planted=0

finds() { # script, what it must say, file, text of the file
    local said
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/src/base" "$tree/include" "$tree/test" "$(dirname "$tree/$3")"
    printf 'static int f(void)\n{\n    return 0;\n}\n' >"$tree/src/base/fine.c"
    if ! said=$(bash "$here/$1" "$tree" 2>&1); then
        echo "$1 complains of a file without fault: $said"
        exit 1
    fi
    printf '%b' "$4" >"$tree/$3"
    if said=$(bash "$here/$1" "$tree" 2>&1) || ! grep -qF -- "$2" <<<"$said"; then
        echo "$1 was to say '$2' of $3; it said: $said"
        exit 1
    fi
    planted=$((planted + 1))
}

finds layers.sh 'src/net/a.c:1: net must not use json' src/net/a.c '#include "spk/json/walk.h"\n'
finds layers.sh 'src/admission/a.c:2: admission must not use net' src/admission/a.c '\n#include "spk/net/tls.h"\n'
finds layers.sh 'src/webhook/a.c:1: webhook must not use controller' src/webhook/a.c '#include "controller/queue.h"\n'
finds layers.sh 'src/base/a.c:1: jansson.h belongs' src/base/a.c '#include <jansson.h>\n'
finds layers.sh 'src/net/tls.c:1: microhttpd.h belongs' src/net/tls.c '#  include <microhttpd.h>\n'
finds layers.sh 'include/spk/net/httpd.h:1: gnutls/gnutls.h belongs' include/spk/net/httpd.h '#include <gnutls/gnutls.h>\n'
finds layers.sh 'src/kube/a.c:1: curl/curl.h belongs' src/kube/a.c '#include <curl/curl.h>\n'
finds layers.sh 'src/kube/a.c:1: kube must not use webhook' src/kube/a.c '#include "webhook/serve.h"\n'
finds layers.sh "'other' is no layer" src/other/a.c '#include <stdio.h>\n'
for name in sprintf strcpy strcat strtok atoi gets localtime system popen; do
    finds banned.sh "src/base/a.c:1:" src/base/a.c "    $name(x);\n"
done
finds banned.sh 'only main.c ends the program' src/base/a.c '    exit(1);\n'
finds banned.sh 'JSON is built by' src/base/a.c '    printf("{\\"name\\": %s}", x);\n'
finds size.sh 'src/base/a.c:1: 600 lines' src/base/a.c "$(printf '\\n%.0s' $(seq 600))"
finds size.sh 'src/base/a.c:1: long_one has 101 lines' src/base/a.c "int long_one(void)\n{\n$(printf '    f();\\n%.0s' $(seq 101))}\n"
finds size.sh 'the median function has 15 lines' src/base/fine.c "int f(void)\n{\n$(printf '    f();\\n%.0s' $(seq 15))}\n"
finds syntax.sh 'a.sh' tools/a.sh 'if then\n'
finds syntax.sh 'SyntaxError' tools/a.py 'def f(:\n'
echo "$planted faults found"

#!/usr/bin/env bash
# Who may use whom (src/README.md), and which files alone may use a library: layers.sh ROOT
set -euo pipefail
cd "$1"
declare -A uses=(
    [base]=libc [json]="base" [net]="base" [k8s]="json base" [admission]="k8s json base"
    [app]="k8s json base" [kube]="net k8s json base" [cli]="net k8s json base"
    [webhook]="admission app cli kube net k8s json base" [controller]="app cli kube net k8s json base"
    [ctl]="app cli kube net k8s json base"
)
declare -A only=( # a header of a library: the files that may include it
    [microhttpd.h]='src/net/httpd*' [gnutls/*]='src/net/tls*' [curl/*]='src/net/client*' [yaml.h]='src/json/yaml.c'
    [jansson.h]='*/@(json|k8s|admission|app|kube)/*'
)
bad=0
complain() {
    echo "$*"
    bad=1
}
shopt -s extglob
found=$(grep -rnE '^ *# *include' --include='*.[ch]' src include | sed -E 's/# *include *[<"]([^>"]*)[>"].*/\1/' || true)
while IFS=: read -r file line header; do
    [ -n "$file" ] || continue
    layer=${file#include/spk/} layer=${layer#src/} layer=${layer%%/*} header=${header// /}
    case $header in
    spk/*/*) to=${header#spk/} to=${to%%/*} ;;
    */*) to=${header%%/*} ;;
    *) to=libc ;;
    esac
    if [ -z "${uses[$layer]+known}" ]; then complain "$file:$line: '$layer' is no layer"; fi
    if [ -n "${uses[$to]+known}" ] && [ "$to" != "$layer" ] && [[ " ${uses[$layer]-} " != *" $to "* ]]; then
        complain "$file:$line: $layer must not use $to ($header)"
    fi
    for pattern in "${!only[@]}"; do
        # shellcheck disable=SC2053 # patterns on purpose
        if [[ $header == $pattern && $file != ${only[$pattern]} ]]; then
            complain "$file:$line: $header belongs in ${only[$pattern]}"
        fi
    done
done <<<"$found"
exit $bad

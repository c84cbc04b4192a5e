# Sourced by the scripts that build from Go modules into the cache, after common.sh.
# shellcheck shell=bash
GO_VERSION=1.26.8

new_enough() { # go command
  local have
  have=$("$1" env GOVERSION 2>/dev/null) || return 1
  have=${have#go}
  [ "$(printf '%s\n%s\n' "$GO_VERSION" "${have%%[- ]*}" | sort -V | head -1)" = "$GO_VERSION" ]
}

# Debian's Go is too old for Kubernetes, but old enough a Go can fetch the new one: the toolchain is a module too.
# Modules carry no execute bits, and the module cache is read-only, hence the copy.
fetch_toolchain() { # destination
  local arch module dir
  command -v go >/dev/null || apt_install golang-go ca-certificates
  arch=$(go env GOARCH)
  module=golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-$arch
  dir=$(cd "$SPARKHOOK_CACHE" && GOFLAGS=-modcacherw go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  rm -rf "$1.tmp"
  cp -r "$dir" "$1.tmp"
  chmod -R u+w "$1.tmp"
  find "$1.tmp/bin" "$1.tmp/pkg/tool" -type f -exec chmod +x {} +
  mv "$1.tmp" "$1"
}

find_go() {
  GO=go
  new_enough go && return
  step "go $GO_VERSION" "$SPARKHOOK_CACHE/go-$GO_VERSION" fetch_toolchain "$SPARKHOOK_CACHE/go-$GO_VERSION"
  GO=$SPARKHOOK_CACHE/go-$GO_VERSION/bin/go
  unset GOROOT
}

go_build() { # destination, arguments of go build...
  local to=$1
  shift
  CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod nice -n 10 "$GO" build -trimpath -o "$to.tmp" "$@"
  mv "$to.tmp" "$to"
}

tidy() { # the module's folder
  (cd "$1" && GOTOOLCHAIN=local "$GO" mod tidy >tidy.log 2>&1) || {
    tail "$1/tidy.log" >&2
    return 1
  }
}

# A Go file for the module's sake alone: without it, tidying would drop what we build.
uses() { # path, commands below it (words)
  printf '//go:build tools\n\npackage tools\n\nimport (\n'
  # shellcheck disable=SC2086 # a list of words
  printf "\t_ \"$1/%s\"\n" $2
  printf ')\n'
}

minor_of() { # v1.36.3 -> 1.36
  local v=${1#v}
  echo "${v%.*}"
}

# --- Kubernetes: its module replaces the staging modules by folders that only its own tree has.
# Ours requires it and replaces each of them by the module published under the same name.
# KUBERNETES_COMMANDS is what a script builds of it; KUBERNETES_MODULE names the module of another such list.

kubernetes_module() { # folder, version
  local staged=v0.${2#v1.} upstream
  rm -rf "$1.tmp"
  mkdir -p "$1.tmp"
  upstream=$(cd "$1.tmp" && GOTOOLCHAIN=local "$GO" mod download -json "k8s.io/kubernetes@$2" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  {
    printf 'module sparkhook.test/kubernetes\n\n'
    sed -n '/^go /p; /^godebug /p; /^godebug ($/,/^)$/p' "$upstream" | awk '$0 != "godebug (" || !seen++'
    printf '\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$2"
    sed -n "s#^\t\(k8s.io/[a-z-]*\) => ./staging/.*#\t\1 => \1 $staged#p" "$upstream"
    printf ')\n'
  } >"$1.tmp/go.mod"
  uses k8s.io/kubernetes/cmd "$KUBERNETES_COMMANDS" >"$1.tmp/tools.go"
  tidy "$1.tmp"
  mv "$1.tmp" "$1"
}

kubernetes() { # destination, version, command
  local module=$SPARKHOOK_CACHE/mod/kubernetes${KUBERNETES_MODULE:-}-$2 minor flags=""
  find_go
  step "kubernetes $2: modules" "$module" kubernetes_module "$module" "$2"
  minor=$(minor_of "$2")
  # Without these the binaries call themselves v0.0.0, and the API server then serves features of no version at all.
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$2 -X $package.gitMajor=1 -X $package.gitMinor=${minor#1.}"
  done
  (cd "$module" && go_build "$1" -ldflags "-s -w$flags" "k8s.io/kubernetes/cmd/$3")
}


# Sourced by the scripts that fill the cache: where it is, who may install, how a step is done once.
# shellcheck shell=bash
SPARKHOOK_CACHE=${SPARKHOOK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sparkhook}
mkdir -p "$SPARKHOOK_CACHE"

# Results from 77 on are ctest's "skipped": what is missing can only be added by somebody else.
missing() {
  echo "SKIP: $*"
  exit 77
}

apt_install() { # packages...
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || missing "needs: sudo apt-get install --no-install-recommends $*"
    as_root=(sudo -n)
  fi
  command -v apt-get >/dev/null || missing "needs the packages: $*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get -o DPkg::Lock::Timeout=120 update -q && apt-get -o DPkg::Lock::Timeout=120 install -yq --no-install-recommends "$@"' sh "$@"
}

# The packages' files without installing them, for whoever asks.
apt_download() { # folder, options and packages...
  local to=$1
  shift
  command -v apt-get >/dev/null || missing "needs apt-get, to fetch the packages: $*"
  mkdir -p "$to/partial"
  fetch() { apt-get -yq install --download-only --no-install-recommends -o Debug::NoLocking=1 -o Dir::Cache::archives="$to" "$@"; }
  # The lists may be missing or old; only then are they asked for again.
  fetch "$@" >"$to.log" 2>&1 || {
    apt-get -o DPkg::Lock::Timeout=120 update -q >>"$to.log" 2>&1 || true
    fetch "$@" >>"$to.log" 2>&1 || {
      tail "$to.log" >&2
      return 1
    }
  }
  rm "$to.log"
}

# A result appears whole or not at all: each function below makes a temporary name and moves it at the end.
step() { # name, result, command...
  local name=$1 result=$2 start=$SECONDS
  shift 2
  if [ -e "$result" ]; then return 0; fi
  echo "== $name"
  mkdir -p "$(dirname "$result")"
  "$@"
  echo "$name: $((SECONDS - start)) s" | tee -a "$SPARKHOOK_CACHE/timings.txt"
}

# Two builds at once would do the same work twice on the same two cores.
only_one() { # name
  exec 9>"$SPARKHOOK_CACHE/.$1.lock"
  flock 9
}

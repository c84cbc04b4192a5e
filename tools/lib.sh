# Sourced by run and tools/*: what has to be installed, and how a preset is built.
# shellcheck shell=bash

# What shows that a package is there: a command, lib:NAME for pkg-config, or a path (globs allowed).
# @ stands for the version of LLVM.
declare -A package=(
    [gcc]=gcc [/usr/include/stdio.h]=libc6-dev [cmake]=cmake [ninja]=ninja-build [pkg-config]=pkg-config
    [lib:libmicrohttpd]=libmicrohttpd-dev [lib:gnutls]=libgnutls28-dev [lib:libcurl]=libcurl4-gnutls-dev
    [lib:jansson]=libjansson-dev [lib:yaml-0.1]=libyaml-dev [lib:check]=check
    [curl]=curl [jq]=jq [diff]=diffutils [openssl]=openssl [valgrind]=valgrind
    [mandoc]=mandoc [wrk]=wrk [taskset]=util-linux
    [python3]=python3 [/usr/lib/python3/dist-packages/jsonpatch.py]=python3-jsonpatch
    [clang-@]=clang-@ [clang-format-@]=clang-format-@ [clang-tidy-@]=clang-tidy-@
    [/usr/lib/llvm-@/lib/clang/*/lib/linux/libclang_rt.fuzzer*]=libclang-rt-@-dev
    [go]=golang-go [javac]=openjdk-17-jdk-headless [/usr/lib/python3/dist-packages/pip]=python3-pip
    [/etc/ssl/certs/ca-certificates.crt]=ca-certificates
    [ip]=iproute2 [unshare]=util-linux
    [buildah]=buildah [debootstrap]=debootstrap [/usr/share/keyrings/debian-archive-keyring.gpg]=debian-archive-keyring
)
needs_build="gcc /usr/include/stdio.h cmake ninja pkg-config lib:libmicrohttpd lib:gnutls lib:libcurl
    lib:jansson lib:yaml-0.1"
needs_demo="$needs_build curl jq diff"
needs_bench="$needs_build lib:check python3 wrk taskset"
needs_test="$needs_build lib:check curl openssl valgrind mandoc python3
    /usr/lib/python3/dist-packages/jsonpatch.py clang-@ clang-format-@ clang-tidy-@
    /usr/lib/llvm-@/lib/clang/*/lib/linux/libclang_rt.fuzzer*"
needs_image="python3 buildah debootstrap /usr/share/keyrings/debian-archive-keyring.gpg"
needs_all="$needs_test go javac /usr/lib/python3/dist-packages/pip /etc/ssl/certs/ca-certificates.crt ip unshare"

LLVM=14 # what the presets name; choose_llvm() takes another where a system no longer has it

present() { # what shows it
    case $1 in
    lib:*) pkg-config --exists "${1#lib:}" 2>/dev/null ;;
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

choose_llvm() {
    local newest
    if present clang-14 || apt-cache show clang-14 >/dev/null 2>&1; then return; fi
    newest=$({ compgen -c clang-; apt-cache search --names-only '^clang-[0-9]+$'; } 2>/dev/null |
        sed -n 's/^clang-\([0-9]*\)\( .*\)\?$/\1/p' | sort -n | tail -n 1)
    LLVM=${newest:-14}
}

missing() { # what shows it...: prints the packages that lack
    local probe
    set -f
    for probe in $*; do
        present "${probe//@/$LLVM}" || printf '%s ' "${package[$probe]//@/$LLVM}"
    done
    set +f
}

install() { # what shows it...
    local as_root=() lacking
    lacking=$(missing "$*")
    if [ -z "$lacking" ]; then return; fi
    if ! command -v apt-get >/dev/null; then
        echo "run: this needs what Debian calls: $lacking" >&2
        exit 2
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            case $lacking in *clang*) choose_llvm ;; esac
            printf 'run: some packages are missing; please type:\n  sudo apt-get update && sudo apt-get install --no-install-recommends %s\n' \
                "$(missing "$*")" >&2
            exit 2
        fi
        as_root=(sudo -n)
    fi
    echo "installing: $lacking"
    mkdir -p build
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 update -q >build/apt.log 2>&1 ||
        failed build/apt.log
    case $lacking in *clang*) choose_llvm ;; esac
    # shellcheck disable=SC2046 # one word a package
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 \
        install -yq --no-install-recommends $(missing "$*") >>build/apt.log 2>&1 || failed build/apt.log
}

failed() { # log
    tail -n 40 "$1" >&2
    echo "run: that failed; all of it is in $1" >&2
    exit 1
}

# Configures once and builds; what was printed is in build/PRESET.log.
build() { # preset or folder=preset, cmake options...
    local folder=${1%%=*} preset=${1#*=} log=build/${1%%=*}.log
    shift
    mkdir -p build
    if ! [ -e "build/$folder/build.ninja" ]; then
        if ! printf '3.25\n%s\n' "$(cmake --version | sed -n '1s/[^0-9]*//p')" | sort -CV; then
            echo "run: this needs CMake 3.25 or newer; where the system's is older: pip install cmake" >&2
            exit 2
        fi
        echo "building $folder, once"
        cmake --preset "$preset" -B "build/$folder" "$@" >"$log" 2>&1 || failed "$log"
    fi
    cmake --build "build/$folder" >"$log" 2>&1 || failed "$log"
}

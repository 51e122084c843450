#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds sim/ns3 as contrib/ikelet of an ns-3 tree (3.38 to 3.48 were tried, 3.45 last), runs its TestSuite and its example there.
# Usage: tests/ns3/contrib.sh [--objects] TREE [BUILD-FOLDER]
#   --objects   compile the module only, not ns-3: a minute instead of half an hour of one core
# TREE gets a link contrib/ikelet, which goes away in the end; what is built goes to BUILD-FOLDER (default: a new one
# that goes away, too). JOBS=N builds with so many processes, PROFILE=debug with the assertions of ns-3 (default: release).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
objects=
[ "${1:-}" = --objects ] && { objects=yes; shift; }
if [ "$#" -lt 1 ] || [ ! -f "$1/src/core/CMakeLists.txt" ]; then
    sed -n '3,7p' "$0" >&2
    exit 2
fi
tree=$(cd "$1" && pwd)
if [ -e "$tree/contrib/ikelet" ]; then
    echo "contrib.sh: $tree/contrib/ikelet is there already" >&2
    exit 1
fi
made=
build=${2:-}
if [ -z "$build" ]; then
    build=$(mktemp -d)
    made=$build
fi
trap 'rm -f "$tree/contrib/ikelet"; [ -z "$made" ] || rm -r "$made"' EXIT
trap 'exit 130' INT TERM
ln -s "$root/sim/ns3" "$tree/contrib/ikelet"
mkdir -p "$build"
build=$(cd "$build" && pwd)

echo "ns-3 $(cat "$tree/VERSION"), log: configure.log of the build folder"
cmake -G Ninja -S "$tree" -B "$build" -DCMAKE_BUILD_TYPE=${PROFILE:-release} -DNS3_ENABLED_MODULES='ikelet;applications;point-to-point' \
    -DNS3_TESTS=ON -DNS3_EXAMPLES=ON -DNS3_FILTER_MODULE_EXAMPLES_AND_TESTS=ikelet -DNS3_PRECOMPILE_HEADERS=OFF -DNS3_WARNINGS_AS_ERRORS=OFF \
    -DNS3_OUTPUT_DIRECTORY="$build/out" >"$build/configure.log" 2>&1 || { tail -n 30 "$build/configure.log"; exit 1; }
jobs=${JOBS:-$(nproc)}
if [ -n "$objects" ]; then
    wanted=$(ninja -C "$build" -t targets all | sed -n 's/^\(contrib\/ikelet\/[^:]*\.cc\.o\): .*/\1/p')
    [ -n "$wanted" ] || { echo 'contrib.sh: no object of the module to compile' >&2; exit 1; }
    ninja -C "$build" -j "$jobs" $wanted
    echo "contrib.sh: $(echo "$wanted" | wc -l) objects compiled against ns-3 $(cat "$tree/VERSION")"
    exit
fi
ninja -C "$build" -j "$jobs"
runner=$(find "$build/out" -name '*test-runner*' -type f -perm -u+x | head -n 1)
example=$(find "$build/out" -name '*ikelet-example*' -type f -perm -u+x | head -n 1)
"$runner" --suite=ikelet --verbose | tee "$build/suite.log"
grep -q '^PASS ikelet ' "$build/suite.log"
"$example"
echo "contrib.sh: built and tested in ns-3 $(cat "$tree/VERSION")"

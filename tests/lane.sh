#!/bin/sh
# SPDX-License-Identifier: MIT
# One lane of the build: configures a CMake preset if it is new, builds it.
# Usage: tests/lane.sh build PRESET [TARGET]...
set -eu
cd "$(dirname "$0")/.."

[ "$#" -ge 2 ] && [ "$1" = build ] || { sed -n '3,4p' "$0" >&2; exit 2; }
preset=$2
shift 2
log=build/$preset/configure.log
mkdir -p "build/$preset"
if [ ! -f "build/$preset/build.ninja" ]; then
    echo "Configuring $preset (log: $log)"
    cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    sed -n '/are skipped$\|is skipped$/s/^-- //p' "$log"
fi
[ "$#" -eq 0 ] || set -- --target "$@"
exec cmake --build --preset "$preset" "$@"

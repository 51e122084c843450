#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs each libFuzzer program on the kept corpus, two at a time, with a seed that moves with the commit.
# Usage: tests/fuzz/run.sh [SECONDS [SEED]]     SECONDS for all together (default 60). An input that fails is
#                                               kept in build/fuzz/found/ and named.
set -eu
cd "$(dirname "$0")/../.."

# Packets are allocated by the thousand: two calls of where are enough.
export ASAN_OPTIONS="malloc_context_size=2${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
seconds=${1:-60}
commit=$(git rev-parse --verify --quiet HEAD || echo 0)
# 31 bits of the commit; libFuzzer would draw one of its own for 0.
seed=${2:-$(($(printf '%d' "0x$(printf %.7s "$commit")") + 1))}
found=build/fuzz/found
rm -rf build/fuzz/run
mkdir -p "$found" build/fuzz/run
echo "seed $seed, $seconds s: to repeat: tests/fuzz/run.sh $seconds $seed"

# Scripts of nodes need not be long; messages of IKE are.
fuzz() {
    mkdir -p "build/fuzz/run/$1"
    "build/fuzz/tests/fuzz/fuzz_$1" -seed="$seed" -max_total_time=$((seconds / 3)) -max_len="$2" -entropic=0 -timeout=20 \
        -verbosity=1 -print_final_stats=1 -artifact_prefix="$found/$1-" \
        "build/fuzz/run/$1" "tests/fuzz/corpus/$1" >"build/fuzz/run/$1.log" 2>&1
}

tell() {
    if [ "$2" = 0 ]; then
        echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/run/$1.log") executions"
        return
    fi
    tail -n 40 "build/fuzz/run/$1.log"
    echo "FAIL: $1; the input is in $found/"
    status=1
}

status=0
for pair in 'node 512 msg 2048' 'ipsec 1024 body 512' 'path 4096 node 512'; do
    set -- $pair
    fuzz "$1" "$2" & first=$!
    fuzz "$3" "$4" & second=$!
    code=0; wait "$first" || code=$?; tell "$1" "$code"
    code=0; wait "$second" || code=$?; tell "$3" "$code"
done
exit "$status"

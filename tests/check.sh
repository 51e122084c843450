#!/bin/sh
# SPDX-License-Identifier: MIT
# make check: every lane in turn. A lane whose tool or right is missing is said to be skipped; with CI=true or
# INTEROP=yes (for strongSwan) that is a failure instead. Stops at the first failing lane.
set -eu
cd "$(dirname "$0")/.."

skipped=
begun=$(date +%s)

lane() {
    echo
    echo "== $1"
}

skip() {
    echo "SKIPPED: $1"
    skipped="$skipped
  - $1"
}

# Runs ctest in a build folder and gathers the tests that say they were skipped.
run_ctest() {
    ctest --preset "$1" -j "$(nproc)" $2 >"build/$1/ctest.log" 2>&1 || { cat "build/$1/ctest.log"; exit 1; }
    tail -n 12 "build/$1/ctest.log"
    for t in $(sed -n 's/.*Test *#[0-9]*: \([^ ]*\) .*\*\*\*\(Skipped\|Not Run\).*/\1/p' "build/$1/ctest.log"); do
        skip "$1: test $t"
    done
    grep -h '^.*SKIPPED:' "build/$1/Testing/Temporary/LastTest.log" | sort -u >"build/$1/skips" || true
    while read -r line; do skip "$1: ${line#*SKIPPED: }"; done <"build/$1/skips"
}

lane 'msp430: firmware images, their size against the budget'
if command -v clang-19 >/dev/null && command -v ld.lld-19 >/dev/null; then
    tests/lane.sh build msp430
    tests/lane.sh build msp430f5438a
    tests/lane.sh build msp430fr5994
    python3 targets/msp430/sizes.py build/msp430/targets/msp430/door.elf --budget targets/msp430/budget.txt
    python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_fast.elf --budget targets/msp430/budget_fast.txt
    python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_ahead.elf --budget targets/msp430/budget_ahead.txt
    python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_resume.elf --budget targets/msp430/budget_resume.txt
else
    skip 'msp430: no clang-19 with ld.lld-19'
fi

lane 'host: gcc, all tests'
tests/lane.sh build host
sed -n 's/^-- \(.* \(is\|are\) skipped\)$/\1/p' build/host/configure.log >build/host/missing
while read -r line; do skip "host: $line"; done <build/host/missing
run_ctest host "-LE interop"

lane 'swarm: seeds of this commit'
seed=$((0x$(git rev-parse --short=8 HEAD 2>/dev/null || echo 1) * 1000))
echo "build/host/sim/sim_swarm --seed $seed --runs 1000"
build/host/sim/sim_swarm --seed $seed --runs 1000 --jobs "$(nproc)" --keep build/swarm
build/host/sim/sim_swarm --seed $seed --runs 250 --jobs "$(nproc)" --keep build/swarm --differ
build/host/sim/sim_swarm --seed $seed --runs 250 --jobs "$(nproc)" --keep build/swarm --alone

lane 'mutants: all apply, and five are caught'
tests/mutants/run.py --sample 5

lane 'sweep: Snakemake over the scenarios, at its smallest'
if ls build/host/scenarios/garage-door >/dev/null 2>&1; then
    ./packages.sh scenarios/sweep/packages.txt
    scenarios/sweep/smoke.sh build/sweep
else
    skip 'sweep: no ns-3'
fi

lane 'asan: clang, address and undefined-behaviour sanitizers'
if command -v clang >/dev/null; then
    tests/lane.sh build asan
    run_ctest asan "-LE interop"
else
    skip 'asan: no clang'
fi

lane 'tsan: clang, thread sanitizer: the workers of ikeletd'
status=0
if command -v clang >/dev/null; then
    tests/lane.sh build tsan ikeletd ikelet_command
    rm -f build/tsan/report.*
    TSAN_OPTIONS="log_path=$PWD/build/tsan/report" python3 -B tests/ikeletd/workers.py build/tsan/targets/posix || status=$?
    for report in build/tsan/report.*; do [ ! -f "$report" ] || { cat "$report"; exit 1; }; done
else
    status=77
fi
case $status in
0) ;;
77) skip 'tsan: the workers of ikeletd (needs clang, root, TUN, libconfuse, libmnl and libseccomp)' ;;
*) exit "$status" ;;
esac

lane 'fuzz: libFuzzer, for a minute in all, with a seed of this commit'
if command -v clang >/dev/null; then
    tests/lane.sh build fuzz fuzz_node fuzz_msg fuzz_body fuzz_ipsec fuzz_path
    tests/fuzz/run.sh 60
else
    skip 'fuzz: no clang'
fi

lane 'same bytes: the gcc and the clang build give the same traces'
if command -v clang >/dev/null; then
    for seed in 1 2 3 4 5 6 7 8; do
        for preset in host asan; do
            "build/$preset/sim/sim_swarm" --seed $seed --verbose >"build/$preset/swarm.txt"
        done
        cmp build/host/swarm.txt build/asan/swarm.txt
    done
    echo 'seeds 1 to 8: identical'
else
    skip 'same bytes: no clang'
fi

lane 'interop: handshakes and pings with strongSwan'
if [ "${INTEROP:-auto}" = yes ]; then
    python3 tests/interop/run.py --strict
elif [ "${INTEROP:-auto}" = no ]; then
    skip 'interop: INTEROP=no'
else
    status=0
    python3 tests/interop/run.py || status=$?
    case $status in
    0) ;;
    77) skip 'interop: needs root and strongSwan (make check INTEROP=yes installs it)' ;;
    *) exit "$status" ;;
    esac
fi

lane 'interop: ikeletd with strongSwan in each role'
status=0
if [ "${INTEROP:-auto}" = no ]; then status=77; else python3 -B tests/ikeletd/charon.py build/host/targets/posix || status=$?; fi
case $status in
0) ;;
77) skip 'interop: ikeletd with strongSwan (needs root, TUN, strongSwan, libconfuse, libmnl and libseccomp)' ;;
*) exit "$status" ;;
esac

lane 'interop: a simulated lossy radio in front of strongSwan'
status=0
if [ "${INTEROP:-auto}" = no ] || [ ! -x build/host/scenarios/real-peer ]; then status=77; else
    python3 -B tests/scenario/real_peer.py build/host/scenarios/real-peer || status=$?
fi
case $status in
0) echo 'real-peer: all handshakes and echoes' ;;
77) skip 'interop: a simulated radio in front of strongSwan (needs ns-3, root and strongSwan)' ;;
*) exit "$status" ;;
esac

lane 'interop: the firmware for MSP430, simulated, with strongSwan; once more through a pty and ikelet slip'
status=0
if [ "${INTEROP:-auto}" = no ]; then status=77; else
    { python3 -B targets/msp430/runner/demo.py &&
      python3 -B targets/msp430/runner/demo.py --bridge=build/host/targets/posix/ikelet; } || status=$?
fi
case $status in
0) ;;
77) skip 'interop: the firmware with strongSwan (needs root, strongSwan, mspdebug and the image of make msp430)' ;;
*) exit "$status" ;;
esac

if [ "${KERNEL:-no}" = yes ]; then
    lane 'kernel: ESP and AH of ikeletd with those of a Linux kernel in a guest'
    ./packages.sh tests/kernel/packages.txt
    tests/interop/install.sh
    python3 tests/kernel/run.py build/host/targets/posix build/kernel
fi

if [ "${PACKAGE:-no}" = yes ]; then
    lane 'package: the Debian packages, lintian, a bare Debian 12 that installs, uses, removes and purges them, the container image, and the unit under systemd'
    ./packages.sh packaging/packages.txt
    packaging/deb.sh
    python3 tests/packaging/bare.py build/deb build/package
    python3 tests/packaging/container.py build/deb build/package
    python3 tests/packaging/unit.py build/deb build/package
fi

echo
echo "make check: all lanes passed in $(($(date +%s) - begun)) s"
if [ -n "$skipped" ]; then
    echo "Skipped:$skipped"
    if [ "${CI:-}" = true ]; then
        echo 'Nothing may be skipped in CI.'
        exit 1
    fi
fi

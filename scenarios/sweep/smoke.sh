#!/bin/sh
# SPDX-License-Identifier: MIT
# The sweeps at their smallest, into FOLDER; then again, when nothing may be left to do; then as a dry run for SLURM.
# Usage: scenarios/sweep/smoke.sh FOLDER [SWEEP]...
set -eu
[ "$#" -ge 1 ] || { sed -n '3,4p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$here/../../build/host/scenarios" && pwd)
folder=$1
shift
[ "$#" -gt 0 ] || set -- $(cd "$here" && ls ./*.smk | sed -n 's/^\.\/\(.*\)\.smk$/\1/; /^common$/d; p')
rm -rf "$folder"
mkdir -p "$folder"
# Figures and tables of the pages are what their points say (by the Python of Snakemake, which has matplotlib).
"$(sed -n '1s/^#! *//p' "$(command -v snakemake)" | cut -d' ' -f1)" -B "$here/document.py" --check
echo 'pages of docs/ by sweeps: figures and tables are those of their points'
for program in "$here"/../*/main.cc; do
    program=$(basename "$(dirname "$program")")
    grep -q "point(output, \"$program\"" "$here"/*.smk || { echo "no sweep runs $program" >&2; exit 1; }
done

for sweep; do
    if [ "$sweep" = peer ]; then
        # With --help it only makes what a point needs, and takes it away.
        status=0
        python3 -B "$here/../real-peer/run.py" "$bin/real-peer" --help >"$folder/peer.lacks" || status=$?
        case $status in
        0) ;;
        77) cat "$folder/peer.lacks"; continue ;;
        *) exit 1 ;;
        esac
    fi
    flags="-s $here/$sweep.smk --directory $folder --config size=smoke bin=$bin"
    snakemake $flags --cores "$(nproc)" >"$folder/$sweep.log" 2>&1 || { cat "$folder/$sweep.log"; exit 1; }
    test -s "$folder/$sweep/report.html"
    test -s "$folder/$sweep/points.csv"
    snakemake $flags --cores 1 --dry-run >"$folder/$sweep.again.log" 2>&1
    grep -q 'Nothing to be done' "$folder/$sweep.again.log" || { cat "$folder/$sweep.again.log"; exit 1; }
    snakemake $flags --profile "$here/slurm" --dry-run --forceall >"$folder/$sweep.slurm.log" 2>&1 ||
        { cat "$folder/$sweep.slurm.log"; exit 1; }
    echo "sweep $sweep: $(($(wc -l <"$folder/$sweep/points.csv") - 1)) points, $folder/$sweep/report.html"
done

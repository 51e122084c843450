#!/bin/sh
# SPDX-License-Identifier: MIT
# The sweeps at their smallest, into FOLDER; then again, when nothing may be left to do; then as a dry run for SLURM.
# Usage: scenarios/sweep/smoke.sh FOLDER
set -eu
[ "$#" -eq 1 ] || { sed -n '3,4p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$here/../../build/host/scenarios" && pwd)
rm -rf "$1"
mkdir -p "$1"
# Figures and tables of the pages are what their points say (by the Python of Snakemake, which has matplotlib).
"$(sed -n '1s/^#! *//p' "$(command -v snakemake)" | cut -d' ' -f1)" -B "$here/document.py" --check
echo 'docs/loss.md, press.md, storm.md: figures and tables are those of their points'

for sweep in loss energy storm latency tunnel; do
    flags="-s $here/$sweep.smk --directory $1 --config size=smoke bin=$bin"
    snakemake $flags --cores "$(nproc)" >"$1/$sweep.log" 2>&1 || { cat "$1/$sweep.log"; exit 1; }
    test -s "$1/$sweep/report.html"
    test -s "$1/$sweep/points.csv"
    snakemake $flags --cores 1 --dry-run >"$1/$sweep.again.log" 2>&1
    grep -q 'Nothing to be done' "$1/$sweep.again.log" || { cat "$1/$sweep.again.log"; exit 1; }
    snakemake $flags --profile "$here/slurm" --dry-run --forceall >"$1/$sweep.slurm.log" 2>&1 ||
        { cat "$1/$sweep.slurm.log"; exit 1; }
    echo "sweep $sweep: $(($(wc -l <"$1/$sweep/points.csv") - 1)) points, $1/$sweep/report.html"
done

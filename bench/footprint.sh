#!/bin/sh
# SPDX-License-Identifier: MIT
# Size of the core's minimal profile on MSP430 by layer, as a table and (--json=FILE) as JSON.
# Usage: bench/footprint.sh [--json=FILE]
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
'' | --json=?*) ;;
*) sed -n '3,4p' "$0" >&2; exit 2 ;;
esac
tests/lane.sh build msp430 >build/footprint.log 2>&1 || { cat build/footprint.log >&2; exit 1; }
exec python3 bench/footprint.py build/msp430 "$@"

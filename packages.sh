#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that the named lists ask for and that are missing; says which. Does nothing if all are there.
# Usage: ./packages.sh LIST...      (one package a line, # begins a comment)
set -eu

command -v dpkg-query >/dev/null || { echo "packages.sh: this is no Debian; install by hand what is in: $*" >&2; exit 1; }
missing=$(sed 's/#.*//' "$@" | while read -r p; do
    [ -z "$p" ] || dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || printf '%s ' "$p"
done)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; else
    echo "packages.sh: needs root or sudo to install: $missing" >&2
    exit 1
fi
echo "Installing Debian packages: $missing"
$sudo apt-get update -q
# No prompts; nothing that is merely recommended.
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing

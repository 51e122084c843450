#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Debian packages by Debian's own tools, from a copy of what git knows, into build/deb; then asks lintian.
# Usage: packaging/deb.sh
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' packaging/debian/changelog)
out=build/deb
tree=$out/ikelet-$version
rm -rf "$out"
mkdir -p "$tree"
git ls-files -co --exclude-standard | tar -c -T - | tar -x -C "$tree"
cp -r packaging/debian "$tree/debian"
log=$out/build.log
(cd "$tree" && dpkg-buildpackage -b -us -uc) >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
rm -rf "$tree"
lintian --fail-on error,warning "$out"/*.changes
ls -l "$out"/*.deb

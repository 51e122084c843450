#!/bin/sh
# SPDX-License-Identifier: MIT
# Brings BearSSL's source, as Debian 12 has it, into DIR/bearssl. Needs no root and leaves apt's own lists alone.
# apt checks the archive's signature and the sums of the .dsc; the committed sum is checked besides, so that the
# firmware is built from the same octets everywhere.
# Usage: targets/msp430/fetch_bearssl.sh DIR
set -eu

[ "$#" -eq 1 ] || { sed -n '3,6p' "$0" >&2; exit 2; }
name=bearssl_0.6+dfsg.1
sha256=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
mkdir -p "$1/apt/lists/partial" "$1/apt/state"
cd "$1"
dir=$(pwd)
[ ! -f bearssl/.complete ] || exit 0

echo "Fetching the source package of BearSSL (apt-get source)"
echo 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main' >apt/sources.list
options="-q -o Dir::Etc::sourcelist=$dir/apt/sources.list -o Dir::Etc::sourceparts=- -o Dir::State=$dir/apt/state
    -o Dir::State::lists=$dir/apt/lists -o Dir::Cache=$dir/apt -o APT::Sandbox::User="
# shellcheck disable=SC2086
{
    apt-get $options update
    apt-get $options --download-only source bearssl
} >apt.log 2>&1 || { cat apt.log >&2; exit 1; }

echo "$sha256  $name.orig.tar.xz" | sha256sum --check --quiet
rm -rf bearssl
mkdir bearssl
tar -xJf "$name.orig.tar.xz" -C bearssl --strip-components=1
touch bearssl/.complete

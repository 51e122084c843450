#!/bin/sh
# SPDX-License-Identifier: MIT
# The core is pure: its objects ask for nothing but <string.h>, BearSSL and each other, and hold no writable data.
# Usage: tests/purity.sh LIBIKELET_A [NM]
set -eu

lib=$1
nm=${2:-nm}
bad=0

# Sanitizers and coverage add symbols of their own; purity is asked of the plain build.
foreign=$("$nm" -u "$lib" | sed -n 's/^ *U //p' | sort -u |
    grep -vE '^(memcpy|memmove|memset|memcmp|strlen|__memcpy_chk|__stack_chk_fail|br_[a-z0-9_]+|ik_[a-z0-9_]+|__mspabi_[a-z0-9_]+|_GLOBAL_OFFSET_TABLE_)$' || true)
if [ -n "$foreign" ]; then
    echo "purity: the core asks for foreign symbols:" $foreign >&2
    bad=1
fi

writable=$("$nm" -A "$lib" | awk '$(NF-1) ~ /^[BbCDdGgSs]$/ { print $NF }' || true)
# Constant tables with addresses live in .data.rel.ro, which nm calls d or D as well: ask for the section.
if [ -n "$writable" ]; then
    writable=$(objdump -t "$lib" 2>/dev/null | awk '
        $0 ~ / \.(data|bss|tdata|tbss)(\.[^r][^ ]*)?[ \t]/ && $0 !~ /\.data\.rel\.ro/ && $NF !~ /^\./ && $0 ~ / O / { print $NF }' || true)
fi
if [ -n "$writable" ]; then
    echo "purity: the core holds writable data:" $writable >&2
    bad=1
fi

[ "$bad" -eq 0 ] && echo "purity: $("$nm" -u "$lib" | grep -c ' U ') references, none foreign; no writable data"
exit "$bad"

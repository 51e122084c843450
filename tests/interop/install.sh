#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages of tests/interop (packages.txt) that are missing, as root or through sudo, and leaves no VPN
# service behind: none is started, and none that came with them starts at boot. Does nothing if all are there.
set -eu
cd "$(dirname "$0")/../.."

list=tests/interop/packages.txt
policy=/usr/sbin/policy-rc.d
units='strongswan-starter.service strongswan.service'

command -v dpkg-query >/dev/null || exec ./packages.sh "$list"
missing=$(sed 's/#.*//' "$list" | while read -r p; do
    [ -z "$p" ] || dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || echo "$p"
done)
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; else
    echo "tests/interop/install.sh: needs root or sudo to install:" $missing >&2
    exit 1
fi

known() {
    for dir in /lib/systemd/system /usr/lib/systemd/system /etc/systemd/system; do
        [ ! -e "$dir/$1" ] || return 0
    done
    return 1
}

# A service that somebody had installed before is theirs: it keeps its setting.
ours=
for unit in $units; do known "$unit" || ours="$ours $unit"; done

# invoke-rc.d, and so every package's script, asks this file before it starts a service (101: do not). It is put there
# by a rename and what stood there comes back by one, so that at no time it is half written.
guard=$($sudo mktemp "$policy.XXXXXX")
kept=
if [ -e "$policy" ] || [ -L "$policy" ]; then
    kept=$policy.kept-$$
    $sudo cp -a "$policy" "$kept"
fi
restore() {
    if [ -n "$kept" ]; then $sudo mv -f "$kept" "$policy"; else $sudo rm -f "$policy"; fi
    $sudo rm -f "$guard"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '#!/bin/sh\nexit 101\n' | $sudo tee "$guard" >/dev/null
$sudo chmod 755 "$guard"
$sudo mv -f "$guard" "$policy"

./packages.sh "$list"

# Installing a package also enables its unit for the next boot.
for unit in $ours; do
    if known "$unit" && command -v systemctl >/dev/null; then
        $sudo systemctl disable "$unit" >/dev/null 2>&1 || true
        echo "Disabled $unit: the tests start charon themselves, in a network namespace of their own."
    fi
done

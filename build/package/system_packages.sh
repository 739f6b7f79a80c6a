#!/usr/bin/env bash
# Install the packages of system-packages.txt that are missing, or print the exact line and stop (exit 2).
set -euo pipefail
list="$(cd "$(dirname "$0")/../.." && pwd)/system-packages.txt"

command -v dpkg-query >/dev/null || { echo "system packages: not a Debian/Ubuntu machine, nothing checked" >&2; exit 0; }

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
known() { apt-cache show "$1" >/dev/null 2>&1; }

missing=()
refreshed=no
while read -r line; do
    line="${line%%#*}"; line="${line//[[:space:]]/}"
    [ -n "$line" ] || continue
    # A machine with its own python3 -m venv needs no package for it.
    [ "$line" = python3-venv ] && python3 -c 'import ensurepip, venv' 2>/dev/null && continue
    IFS='|' read -r -a choices <<<"$line"
    found=no
    for name in "${choices[@]}"; do installed "$name" && found=yes && break; done
    [ "$found" = yes ] && continue
    if [ "$(id -u)" = 0 ] && [ "$refreshed" = no ]; then apt-get update -q >&2; refreshed=yes; fi
    pick="${choices[-1]}"
    for name in "${choices[@]}"; do known "$name" && pick="$name" && break; done
    missing+=("$pick")
done <"$list"

[ "${#missing[@]}" -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
elif sudo -n true 2>/dev/null; then
    sudo -n apt-get update -q >&2
    sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
else
    echo "Missing system packages. Run this line, then the same command again:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 2
fi

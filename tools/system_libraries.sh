#!/bin/sh
# Checks the system libraries that set-up cannot get from pip, and installs those that are missing.
#
#   tools/system_libraries.sh venv         what `python3 -m venv` needs
#   tools/system_libraries.sh blender      what Blender's Python module needs to be imported
#   tools/system_libraries.sh debootstrap  what tools/debian_blender_root.sh needs
#
# Installs by apt-get as root or by a sudo that asks no password; otherwise prints the command to run and fails.
set -eu

python="${PYTHON:-python3}"

can_load() { "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null; }

missing=""
case "${1:-}" in
venv)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"
    ;;
blender)
    [ "$(uname -s)" = Linux ] || exit 0
    for pair in \
        libGL.so.1:libgl1 libSM.so.6:libsm6 libX11.so.6:libx11-6 libXfixes.so.3:libxfixes3 libXi.so.6:libxi6 \
        libXrender.so.1:libxrender1 libXxf86vm.so.1:libxxf86vm1 libgomp.so.1:libgomp1 \
        libxkbcommon.so.0:libxkbcommon0; do
        can_load "${pair%%:*}" || missing="$missing ${pair##*:}"
    done
    ;;
debootstrap)
    [ "$(uname -s)" = Linux ] || exit 0
    command -v debootstrap >/dev/null || missing="debootstrap"
    command -v unshare >/dev/null || missing="$missing util-linux"
    ;;
*)
    echo "usage: $0 venv|blender|debootstrap" >&2
    exit 2
    ;;
esac
[ -n "$missing" ] || exit 0

missing="${missing# }"
install="apt-get install --yes --no-install-recommends $missing"
if ! command -v apt-get >/dev/null; then
    echo "Missing on this system (Debian's names): $missing. Install them, then run make again." >&2
    exit 1
elif [ "$(id -u)" -eq 0 ]; then
    as_root="env"
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    echo "Missing on this system. Run this, then make again:" >&2
    echo "    sudo apt-get update && sudo $install" >&2
    exit 1
fi
echo "Installing system packages: $missing"
$as_root apt-get update --quiet </dev/null
# shellcheck disable=SC2086 # the list of packages is meant to be split
$as_root DEBIAN_FRONTEND=noninteractive $install --quiet </dev/null

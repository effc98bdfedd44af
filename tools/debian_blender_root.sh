#!/bin/sh
# A Debian of its own in a folder, with a real Blender program in it, for the tests of tests/blender_program.
#
#   tools/debian_blender_root.sh setup ROOT                   makes it: some minutes, 2 GB, needs root and debootstrap
#   tools/debian_blender_root.sh run ROOT FOLDER... -- CMD    runs CMD inside; FOLDERs are seen at the same paths
#
# Debian 13 has Blender 4.3. DEBIAN_RELEASE=sid takes the release in development, which has Blender 5.2 (October 2026).
#
# Set-up is done once: a ROOT that is ready is left alone, and one that was cut short is made again. Everything is
# mounted in a mount namespace of the command's own, so nothing stays mounted and `rm -rf ROOT` is safe.
set -eu

release=${DEBIAN_RELEASE:-trixie}
packages="blender python3-numpy python3-pip ca-certificates libegl1 libgl1 libgl1-mesa-dri xvfb xauth"
# What evaluation needs beside Blender and numpy; onnxruntime is for methods that are networks.
wheels="OpenEXR OpenImageIO tqdm onnxruntime cattrs requests"

fail() {
    echo "debian_blender_root: $*" >&2
    exit 1
}

# Runs this script again in a mount namespace of its own, as root.
isolate() {
    [ "$(id -u)" -eq 0 ] || fail "needs root (chroot, mount)"
    command -v unshare >/dev/null || fail "needs unshare, of the package util-linux"
    exec unshare --mount --propagation private -- env DEBIAN_BLENDER_ISOLATED=1 "$0" "$@"
}

mount_system() {
    for folder in proc sys dev; do
        mount --rbind "/$folder" "$1/$folder"
    done
}

# Lets the new system reach the network the way this one does: names, certificates, pip's settings.
share_network() {
    mkdir -p "$1/etc/ssl/certs"
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pip.conf; do
        [ ! -e "$file" ] || cp -L "$file" "$1$file"
    done
    settings="${HOME:-/root}/.config/pip/pip.conf"
    [ ! -e "$settings" ] || cp -L "$settings" "$1/etc/pip.conf"
}

inside() {
    root=$1
    shift
    chroot "$root" env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

setup() {
    root=$1
    [ ! -e "$root/ready" ] || return 0
    command -v debootstrap >/dev/null || fail "needs debootstrap: apt-get install debootstrap"
    if [ -e "$root" ] && [ ! -e "$root/unfinished" ] && [ -n "$(ls -A "$root")" ]; then
        fail "$root holds something else: give a new folder"
    fi
    rm -rf "$root"
    mkdir -p "$root"
    touch "$root/unfinished"
    debootstrap --variant=minbase "$release" "$root"
    share_network "$root"
    mount_system "$root"
    # A mirror of a release in development may be weeks old.
    inside "$root" apt-get -o Acquire::Check-Valid-Until=false update
    # shellcheck disable=SC2086 # they are lists
    inside "$root" apt-get install --yes --no-install-recommends $packages
    share_network "$root" # the package ca-certificates has made its own list of certificates
    # shellcheck disable=SC2086
    inside "$root" python3 -m pip install --break-system-packages --root-user-action ignore --no-cache-dir $wheels
    inside "$root" apt-get clean
    inside "$root" blender --version
    mv "$root/unfinished" "$root/ready"
}

run() {
    root=$1
    shift
    [ -e "$root/ready" ] || fail "$root is not ready: run $0 setup $root"
    mount_system "$root"
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        mkdir -p "$root$1"
        mount --bind "$1" "$root$1"
        shift
    done
    [ $# -gt 1 ] || fail "no command after --"
    shift
    inside "$root" "$@"
}

usage() {
    echo "usage: $0 setup ROOT | run ROOT FOLDER... -- COMMAND..." >&2
    exit 2
}

[ $# -ge 2 ] || usage
command=$1
case "$2" in
/*) ;;
*) fail "ROOT must be an absolute path" ;;
esac
case "$command" in
setup | run) ;;
*) usage ;;
esac
[ -n "${DEBIAN_BLENDER_ISOLATED:-}" ] || isolate "$@"
shift
"$command" "$@"

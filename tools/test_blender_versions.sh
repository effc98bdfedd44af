#!/bin/sh
# The extension's tests in several versions of Blender's Python module; `make test` runs most of them in a program.
#
#   tools/test_blender_versions.sh FOLDER [VERSION...]     4.2.23 4.5.15 5.0.1 5.2.3; FOLDER keeps an environment for each
#
# An environment takes 1.2 GB and some minutes, once. 5.1 and later need Python 3.13: PYTHON313, or that of the Debian
# in BLENDER_ROOT (`make blender-program`); where there is neither, they are left out with a word.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [VERSION...]" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- 4.2.23 4.5.15 5.0.1 5.2.3

# What the tests need beside Blender's module and what that requires itself.
packages="onnxruntime openexr openimageio onnx pytest"

# Sets $before, what a command is to be begun with, and $python, for a version of Blender.
choose_python() {
    before=
    case "$1" in
    4.* | 5.0.*) python=${PYTHON:-python3.11} ;;
    *)
        python=${PYTHON313:-python3.13}
        if ! "$python" --version >/dev/null 2>&1 && [ -e "${BLENDER_ROOT:-/none}/ready" ]; then
            before="$root/tools/debian_blender_root.sh run $BLENDER_ROOT $folder $root --"
            python=python3
        fi
        ;;
    esac
    # shellcheck disable=SC2086 # a command
    $before "$python" --version >/dev/null 2>&1
}

# shellcheck disable=SC2086 # $before and $packages are lists
set_up() {
    [ ! -e "$2/ready" ] || return 0
    rm -rf "$2"
    # Versions are the lock's; those of numpy and of what else Blender requires are left to it.
    grep -E "^($(echo "$packages" | tr ' ' '|'))==" "$root/requirements.lock" >"$folder/constraints.txt"
    $before "$python" -m venv --without-pip "$2"
    $before "$python" -m pip --python "$2/bin/python" install --quiet --constraint "$folder/constraints.txt" \
        "bpy==$1" $packages
    touch "$2/ready"
}

failed=
for version in "$@"; do
    if ! choose_python "$version"; then
        echo "Blender $version is left out: there is no $python; set PYTHON313, or BLENDER_ROOT to a ready Debian." >&2
        continue
    fi
    echo "Blender $version:"
    environment="$folder/bpy-$version"
    set_up "$version" "$environment"
    # shellcheck disable=SC2086
    $before env -u BLENDER_ROOT -C "$root" PYTHONPATH="$root" "$environment/bin/python" -m pytest -q -p no:cacheprovider \
        tests/blender tests/addon/test_installed_extension.py || failed="$failed $version"
done
[ -z "$failed" ] || { echo "Failed in Blender$failed." >&2; exit 1; }

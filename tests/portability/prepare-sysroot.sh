#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Unpacks Debian's libraries for a machine of another kind, and writes the file
# that tells meson where they are.
#
# usage: prepare-sysroot.sh ARCHITECTURE FOLDER
set -eu

architecture=$1
sysroot=$2/$1
packages=libglib2.0-dev,libgnutls28-dev,libsodium-dev,libssl-dev,nettle-dev

. /etc/os-release
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" \
  'Created-By: Packages' 'Component: main' | head -n 1)
if [ -z "$mirror" ]; then
  echo "prepare-sysroot: apt knows no mirror of $VERSION_CODENAME" >&2
  exit 1
fi

mkdir -p "$2"
if [ ! -e "$sysroot.ini" ]; then
  rm -rf "$sysroot"
  # nothing of it is run: each package is only unpacked
  echo "deb $mirror $VERSION_CODENAME main" | mmdebstrap --quiet --variant=extract \
    --architectures="$architecture" --include="$packages" \
    "$VERSION_CODENAME" "$sysroot" -
  printf "[constants]\nsysroot = '%s'\n" "$(cd "$sysroot" && pwd)" > "$sysroot.ini"
fi
echo "prepare-sysroot: $sysroot"

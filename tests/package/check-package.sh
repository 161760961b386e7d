#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds Debian's packages in a clean chroot, has lintian look at them, and runs
# debian/tests in another chroot, which has only what the packages ask for. The
# chroots are made of the release that this machine runs; root is needed.
#
# usage: check-package.sh SOURCE FOLDER
set -eu

source=$(cd "$1" && pwd)
mkdir -p "$2"
folder=$(cd "$2" && pwd)
. /etc/os-release
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" \
  'Created-By: Packages' 'Component: main' | head -n 1)

die () {
  echo "check-package: $1" >&2
  exit 1
}

# What is mounted for the command in the chroot goes with this namespace.
within () {
  root=$1
  shift
  unshare --mount --propagation private sh -eu -c '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec "$@"' within "$root" "$@"
}

make_chroot () {
  [ -e "$folder/$1.tar" ] || echo "deb $mirror $VERSION_CODENAME main" | \
    mmdebstrap --quiet --variant=buildd --include="$2" "$VERSION_CODENAME" \
    "$folder/$1.tar" -
  rm -rf "${folder:?}/$1"
  mkdir "$folder/$1"
  tar -C "$folder/$1" -xf "$folder/$1.tar" --exclude='./dev/*'
  # a daemon that a package brings does not start here
  printf '#!/bin/sh\nexit 101\n' > "$folder/$1/usr/sbin/policy-rc.d"
  chmod +x "$folder/$1/usr/sbin/policy-rc.d"
}

# Only what is committed: what a release has in it.
build_packages () {
  make_chroot build debhelper,fakeroot
  rm -rf "$folder/build/src"
  mkdir -p "$folder/build/src/hein"
  git -C "$source" archive HEAD | tar -x -C "$folder/build/src/hein"
  within "$folder/build" chroot "$folder/build" sh -euc '
    cd /src/hein
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get build-dep -q -y --no-install-recommends ./
    DEB_BUILD_OPTIONS="$1" dpkg-buildpackage -us -uc' sh \
    "parallel=$(nproc) terse ${CHECK_PACKAGE_OPTIONS-}" > "$folder/build.log" 2>&1 ||
    { tail -n 30 "$folder/build.log"; die "the build fails, see $folder/build.log"; }
}

[ "$(id -u)" = 0 ] || die 'run as root: it makes chroots'
[ -n "$mirror" ] || die "apt knows no mirror of $VERSION_CODENAME"
umask 022
build_packages
lintian --fail-on error,warning --display-info "$folder"/build/src/*.changes
make_chroot installed apt-utils
within "$folder/installed" autopkgtest "$folder"/build/src/*.changes \
  --setup-commands 'apt-get update' -- chroot "$folder/installed"
echo 'check-package: builds, lintian has nothing to warn of, what is installed works'

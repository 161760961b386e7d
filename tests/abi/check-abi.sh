#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Compares the binary interface of the library with the one that is kept beside
# this script: fails when a function is gone, or a function or a public type has
# changed; what is new is listed. With --update it keeps the present one.
#
# usage: check-abi.sh LIBRARY HEADERS [--update]
set -eu

library=$1
kept=$(dirname "$0")/libhein-1.abi
headers=$(for header in "$2"/*.h; do echo "--header-file $header"; done)

if [ "${3:-}" = --update ]; then
  # without what differs between two builds of the same source
  # shellcheck disable=SC2086
  abidw $headers --drop-private-types --exported-interfaces-only \
    --no-corpus-path --no-comp-dir-path --no-show-locs --no-parameter-names \
    --type-id-style hash --out-file "$kept" "$library"
  echo "check-abi: $kept is what the library has now"
  exit 0
fi

status=0
# shellcheck disable=SC2086
abidiff --drop-private-types --exported-interfaces-only --no-show-locs \
  --no-corpus-path $(echo "$headers" | sed 's/--header-file/--header-file2/') \
  "$kept" "$library" || status=$?
# 4: something has changed; 8: so that a program breaks; 1 and 2: it did not run
case $status in
  0) echo "check-abi: nothing has changed" ;;
  4) echo "check-abi: nothing that a built program would notice" ;;
  *)
    echo "check-abi: the interface is not that of $kept" >&2
    exit 1
    ;;
esac

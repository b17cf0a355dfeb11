#!/bin/sh
# A customise hook of mmdebstrap: puts the files of each package of unpacked.txt into the root "$1",
# without the dependencies and without running the packages' scripts.
set -eu

root=$1
here=$(cd "$(dirname "$0")" && pwd)
debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT

cd "$debs"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
sed -e 's/#.*//' -e '/^ *$/d' "$here/unpacked.txt" | xargs apt-get -q download
for deb in *.deb; do
    dpkg-deb --extract "$deb" "$root"
done

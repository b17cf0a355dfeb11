#!/bin/sh
# A customise hook of mmdebstrap: puts the files of each package of unpacked.txt into the root "$1",
# without the dependencies and without running the packages' scripts. What came from where is then in
# /opt/beamwright/unpacked: a file for each package, its name package_version_architecture.
set -eu

root=$1
here=$(cd "$(dirname "$0")" && pwd)
debs=$(mktemp -d)
trap 'rm -rf "$debs"' EXIT

cd "$debs"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
sed -e 's/#.*//' -e '/^ *$/d' "$here/unpacked.txt" | xargs apt-get -q download
lists=$root/opt/beamwright/unpacked
mkdir -p "$lists"
for deb in *.deb; do
    # dpkg knows nothing of these: the SBOM is to name them, too.
    # shellcheck disable=SC2016 # dpkg-deb fills it in
    list=$(dpkg-deb --show --showformat='${Package}_${Version}_${Architecture}' "$deb")
    dpkg-deb --vextract "$deb" "$root" | cut -c2- >"$lists/$list"
done

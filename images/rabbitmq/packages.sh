#!/bin/sh
# A hook of mmdebstrap: says which Debian package each file below the root "$1" came from, as /packages there;
# "$2" is Debian's release. In the words of images/compile/packages.sh, and for each package
#   archive <package> <sha256 of its .deb>
# Nothing is installed, so dpkg's own database knows nothing: the archives are asked.
set -eu

cd "$1"
tab=$(printf '\t')
find usr -type f | sort >tmp/files
printf 'distribution\tdebian\t%s\n' "$2" >packages

for archive in var/cache/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$archive" >tmp/content
    tar -tf tmp/content | sed 's|^\./||' | sort | comm -12 - tmp/files >tmp/taken
    [ -s tmp/taken ] || continue
    package=$(dpkg-deb --field "$archive" Package)
    sed "s|^|from$tab|; s|\$|$tab$package|" tmp/taken
    # shellcheck disable=SC2016 # dpkg-deb fills it in
    dpkg-deb --show --showformat \
        'package\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' "$archive"
    printf 'archive\t%s\t%s\n' "$package" "$(sha256sum "$archive" | cut -d ' ' -f 1)"
    # A link to the folder of another package where there is none; that one is of GCC, and not written so.
    tar -xOf tmp/content "./usr/share/doc/$package/copyright" >tmp/copyright 2>/dev/null || continue
    # Only what is written for programs: dep-team.pages.debian.net/deps/dep5
    if head -n 1 tmp/copyright | grep -q '^Format:'; then
        sed -n "s|^License: *|licence\t$package\t|p" tmp/copyright | sort -u
    fi
done >>packages

#!/bin/sh
# Says which Debian package each file of a tree came from: packages.sh FILE|APPLICATION-VERSION...
#
# A file is given as its path in the tree, an application by the name of its folder. Prints, tab-separated,
#   distribution <id> <codename>
#   from <what was asked> <package>
#   package <name> <version> <architecture> <source> <version of the source>
#   licence <package> <name in the package's copyright file>
# and nothing where there is no dpkg. What has no package is in no line.
set -eu

command -v dpkg-query >/dev/null || exit 0
PATH=$PATH:/usr/sbin:/sbin
unpacked=/opt/beamwright/unpacked
tab=$(printf '\t')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The folder that a program's own bin is in; nothing has one for a program that is not here.
home_of() { dirname "$(dirname "$(readlink -f "$(command -v "$1" || echo /nowhere/bin/none)")")"; }

# Where the application of this folder's name has its .app file.
find_application() {
    name=${1%-*}
    for folder in "$erlang/lib/$1" "$elixir/lib/$name" "/opt/beamwright/lib/$1"; do
        [ ! -e "$folder/ebin/$name.app" ] || break
    done
    echo "$folder/ebin/$name.app"
}

# Where what was asked for stands here.
find_asked() {
    case $1 in
    # Nobody's file: this program makes it, of certificates that come with it.
    etc/ssl/certs/ca-certificates.crt) echo /usr/sbin/update-ca-certificates ;;
    erts-*) echo "$erlang/$1/bin/beam.smp" ;;
    # A library may have come from another folder than the one that it is in now.
    */*) if [ -e "/$1" ]; then echo "/$1"; else grep -m 1 -F -- "/${1##*/}" libraries || true; fi ;;
    *) find_application "$1" ;;
    esac
}

erlang=$(home_of erl)
elixir=$(home_of elixir)
ldconfig -p 2>/dev/null | sed -n 's/.* => //p' >libraries || true

for asked in "$@"; do
    path=$(find_asked "$asked")
    [ -e "$path" ] || continue
    real=$(readlink -f "$path")
    # dpkg knows a file by the path in its package: where /lib is a link, that may be either one.
    for known in "$path" "$real" "${path#/usr}" "${real#/usr}" "/usr$path"; do
        printf '%s\t%s\n' "$known" "$asked"
    done
done | sort -u >wanted

cut -f 1 wanted | xargs -r dpkg-query --search 2>/dev/null |
    sed -n '/^diversion by/d; s|^\([^ ,]*\).*: \(/.*\)$|\2\t\1|p' | sed 's/:[a-z0-9]*$//' >owned || true
for list in "$unpacked"/*; do
    [ ! -f "$list" ] || sed "s|\$|$tab${list##*/}|" "$list"
done >>owned

# The id and the names of an application's folder hold no tab.
awk -F "$tab" -v OFS="$tab" '
    NR == FNR { owner[$1] = $2; next }
    $1 in owner && !($2 in told) { told[$2]; print $2, owner[$1] }
' owned wanted >from
[ -s from ] || exit 0

# shellcheck source=/dev/null
. /etc/os-release
printf 'distribution\t%s\t%s\n' "$ID" "${VERSION_CODENAME:-${VERSION_ID:-}}"
awk -F "$tab" -v OFS="$tab" '{ sub(/_.*/, "", $2); print "from", $1, $2 }' from
cut -f 2 from | sort -u | while read -r package; do
    case $package in
    *_*) echo "$package" | sed 's/\(.*\)_\(.*\)_\(.*\)/package\t\1\t\2\t\3\t\1\t\2/' ;;
    *)
        # shellcheck disable=SC2016 # dpkg-query fills it in
        dpkg-query --show --showformat \
            'package\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' "$package"
        ;;
    esac
    copyright=/usr/share/doc/${package%%_*}/copyright
    # Only what is written for programs: dep-team.pages.debian.net/deps/dep5
    if head -n 1 "$copyright" 2>/dev/null | grep -q '^Format:'; then
        sed -n "s|^License: *|licence\t${package%%_*}\t|p" "$copyright" | sort -u
    fi
done

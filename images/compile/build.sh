#!/bin/sh
# Makes /project equal to /source and assembles its release there: build.sh USER TOOL PROFILE RELEASE MIRROR...
#
# MIRROR is the command that makes it equal, as root; all else is done by USER ("uid:gid"). The release is in
# /release/RELEASE then; where that is in memory, /kept becomes equal to it and stays.
# Ends with 5 when the source can't be read, with 6 when /kept can't be written, else as mix.sh and rebar3.sh do.
set -eu

user=$1
tool=$2
profile=$3
release=$4
shift 4

as_builder() { chroot --userspec="$user" --groups= --skip-chdir / "$@"; }

"$@" || exit 5
cd /project
as_builder sh "/compile/$tool.sh" "$profile" "$release" "/release/$release"
# Most of a release is that of the last build: of that nothing is written, and nothing removed.
[ ! -d /kept ] ||
    as_builder rsync --recursive --links --perms --chmod=D0755 --checksum --delete /release/ /kept/ || exit 6

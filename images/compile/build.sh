#!/bin/sh
# Makes /project equal to /sealed/source and assembles the project's release there:
#   build.sh USER TOOL PROFILE RELEASE FOLDER MIRROR...
#
# FOLDER is /project, or the one in it that holds the project's own file. MIRROR are the arguments of mirror.sh,
# which makes it equal, as root; all else is done by USER ("uid:gid"). The release is in /release/RELEASE then;
# where that is in memory, /kept becomes equal to it and stays. One that has grown out of the memory is assembled
# in /kept, and /release/RELEASE leads there.
# Ends with 5 when the source can't be read, with 6 when /kept can't be written, else as mix.sh and rebar3.sh do.
set -eu

user=$1
tool=$2
profile=$3
release=$4
folder=$5
shift 5

as_builder() { chroot --userspec="$user" --groups= --skip-chdir / "$@"; }

# What is not mirrored is not for the project's own programs, though they run as who owns it.
install -d -m 700 /sealed
sh /compile/mirror.sh "$tool" "$folder" "$@" || exit 5
cd "$folder"

# The next mirroring wants to know when the compiler has ended, however it did.
assemble() {
    rm -f /sealed/mirror/ended
    compiled=0
    as_builder sh "/compile/$tool.sh" "$profile" "$release" "$1/$release" || compiled=$?
    # What is read of the release from now on, by others who see more, nobody is to change meanwhile.
    as_builder sh -c 'kill -s KILL -- -1' 2>/dev/null || :
    date +%s >/sealed/mirror/ended
    return "$compiled"
}

is_full() { [ "$(df --output=avail --block-size=1K "$1" | tail -n 1)" -lt 1024 ]; }

code=0
assemble /release || code=$?
if [ "$code" != 0 ]; then
    [ -d /kept ] && is_full /release || exit "$code"
    echo "the release no longer fits into memory: it is assembled on the disk"
    # What the last one had would be in the tree of this one.
    rm -rf "/release/$release" "/kept/$release"
    assemble /kept
    as_builder ln -s "/kept/$release" "/release/$release"
    exit
fi
# Most of a release is that of the last build: of that nothing is written, and nothing removed.
[ ! -d /kept ] ||
    as_builder rsync --recursive --links --perms --chmod=D0755 --checksum --delete /release/ /kept/ || exit 6

#!/bin/sh
# Makes /project equal to /sealed/source, so that what is new there has a new time:
#   mirror.sh TOOL FOLDER OWN PRIVATE... rsync ARGUMENT...
#
# OWN are the names of the project's own applications, for rebar3; PRIVATE are paths in /project that are to be
# nowhere in it.
#
# Build tools compile what is newer than what they have compiled, in whole seconds. The times in the source
# don't say that: a file that was put back has its old one. So a file is as old in the mirror as it has been
# there, and none comes in the second in which a compiler ended (build.sh). rsync, which knows files by
# their times, then sees only those that are missing or have another size. The others are found here: what is
# another file than at the last mirroring, by its number and the time of its change, which nobody can set, and
# what has been changed in the mirror since.
set -eu
# What is secret in the source has its name in the lists.
umask 077

tool=$1
folder=$2
own=$3
rules=$*
shift 3
# What is known of the mirror; who compiles does not get there, to leave a link for root to write through.
kept=/sealed/mirror
# shellcheck source=/dev/null
. /compile/dependency.sh

# Prints the files of /sealed/source, and those of /project that were changed since the last mirroring, as
# `how number changed path`. What may be changed once more in the same tick of the clock, or was changed in
# /project, where the build tool keeps its own, is printed in another way each time.
list() {
    find /sealed/source /project -ignore_readdir_race \
        \( -name .beamwright -o -path '*/.git/objects' -o \
        -path '/project/*' \( -name _build -o -name deps -o -name node_modules \) \) -prune -o -type f,l \
        \( -path '/project/*' \( ! -cnewer "$kept/since" -o -printf "$$.$began %i %C@ %P\0" \) -o \
        -newerct '2 seconds ago' -printf "$$.$began %i %C@ %P\0" -o -printf 'settled %i %C@ %P\0' \)
}

# By other rules than the last ones, or when it may not have come whole, a dependency may be another, though
# none of its files is.
review() {
    LC_ALL=C sed -zE 's:^[^ ]*( [^ ]* [^ ]* (.*/)?(deps|_build)/):before\1:' "$kept/seen" >"$kept/seen.before"
    LC_ALL=C sort -z -o "$kept/seen" "$kept/seen.before"
}

# What was named as private after it had been mirrored: rsync leaves it where dependencies are, and it is in
# what was compiled of them.
remove_private() {
    for private; do
        if [ "$private" = rsync ]; then break; fi
        is_there "$private" || continue
        find_dependency "${private#/project}"
        [ -z "$dependency" ] || drop_dependency
        rm -rf "$private"
    done
}

# Sets $pattern to one that matches the path $1 alone, as beamwright/release/mirror.py does.
set_pattern() {
    pattern=$1
    case $1 in *[*?[]*) pattern=$(printf '%s' "$1" | sed 's/[\\*?[]/\\&/g') ;; esac
}

# A dependency that is there stays as it is, whatever the source holds: another version may have been fetched
# since, and files of both would be a mixture. One that is not there comes whole; what is private, never.
bring() {
    : >"$kept/private"
    while [ "$1" != rsync ]; do
        printf '%s\n' "$1" >>"$kept/private"
        shift
    done
    shift
    # shellcheck disable=SC2154 # of dependency.sh
    level=$inside
    while :; do
        for found in "/sealed/source$level/deps"/* "/sealed/source$level/_build"/*/lib/* \
            "/sealed/source$level/_build"/*/plugins/*; do
            find_dependency "${found#/sealed/source}"
            if [ -z "$dependency" ] || ! is_there "$found"; then continue; fi
            if is_there "/project$dependency"; then
                set_pattern "$dependency"
                set -- "--filter=- $pattern" "$@"
            elif ! grep -qxF -e "/project$dependency" "$kept/private"; then
                : >"$kept/rules"
                drop_dependency
            fi
        done
        if [ -z "$level" ]; then break; fi
        level=${level%/*}
    done
    rsync "$@"
}

began=$(date +%s)
# Without the time of its end the last compiler was ended from outside: just now, for all that is known.
{ read -r ended <"$kept/ended"; } 2>/dev/null || ended=$began
# Of a mirror without a time nothing is known; where the clock was set back, what was compiled would be newer
# than all that comes.
if [ ! -e "$kept/since" ] || [ "$ended" -gt "$began" ]; then
    find /project -mindepth 1 -delete
    : >"$kept/seen"
    : >"$kept/since"
    ended=
fi
while [ "$ended" = "$began" ]; do
    sleep 0.05
    began=$(date +%s)
done

other_rules=
printf '%s\n' "$rules" | cmp -s - "$kept/rules" || other_rules=yes
if [ "$other_rules" ]; then review; fi
# Each by itself: of what fails in a pipe nobody hears.
list >"$kept/seen.new"
LC_ALL=C sort -z -o "$kept/seen.new" "$kept/seen.new"
LC_ALL=C comm -z -3 --output-delimiter=+ "$kept/seen" "$kept/seen.new" >"$kept/differs"
[ ! -s "$kept/differs" ] || xargs -0 sh /compile/drop.sh "$tool" "$folder" "$own" <"$kept/differs"
if [ "$other_rules" ]; then remove_private "$@"; fi
bring "$@"
mv "$kept/seen.new" "$kept/seen"
printf '%s\n' "$rules" >"$kept/rules"
: >"$kept/since"

#!/bin/sh
# Removes from /project what is another in /sealed/source, so that rsync brings it again; a dependency goes
# whole, with what was compiled of it:
#   drop.sh TOOL FOLDER OWN LISTED...
# A file is listed as mirror.sh does it: with a + as it is now, else as it was at the last mirroring.
set -eu

tool=$1
folder=$2
# shellcheck disable=SC2034 # dependency.sh wants to know
own=$3
shift 3
# shellcheck source=/dev/null
. /compile/dependency.sh

# What a build tool has made is never mirrored, and stays: only rebar3 keeps dependencies among it.
is_made() {
    case $tool:$path in
    rebar3:*/_build/*/ebin/* | rebar3:*/_build/*/.rebar3/*) ;;
    *:*/_build/*) [ -z "$dependency" ] && is_built "${path%%/_build/*}" ;;
    *) false ;;
    esac
}

# Whether the build tool runs in this folder or below it, or in another project's.
is_built() {
    case $folder/ in "/project$1/"*) return 0 ;; esac
    [ -e "/sealed/source$1/mix.exs" ] || [ -e "/sealed/source$1/rebar.config" ]
}

# Where a link leads elsewhere now: it is the time of what is there that a compiler sees.
renew_target() {
    target=$(realpath -m "$from")
    case $target in /sealed/source/*) target=/project/${target#/sealed/source/} ;; *) return 0 ;; esac
    [ ! -e "$target" ] || find "$target" \
        \( -name .beamwright -o -name _build -o -name deps -o -name node_modules \) -prune -o \
        -type f -exec touch {} +
}

# What shows that a file is another goes last: who is ended before that does all of it again.
follow_changed() {
    if is_same; then
        :
    elif [ -n "$dependency" ]; then
        drop_dependency
    elif [ -L "$from" ]; then
        renew_target
    elif [ -f "$to" ]; then
        rm "$to"
    fi
}

# shellcheck disable=SC3013 # Debian's sh has it
is_newer() { [ "$from" -nt "$to" ]; }

is_same() {
    if [ -L "$from" ]; then
        [ -L "$to" ] && [ "$(readlink "$from")" = "$(readlink "$to")" ]
    else
        [ -f "$to" ] && ! is_newer && cmp -s "$from" "$to" && { [ -z "$dependency" ] || is_alike; }
    fi
}

# rsync sees to that elsewhere.
is_alike() {
    if [ -L "$to" ]; then return 1; fi
    if [ -x "$from" ]; then [ -x "$to" ]; else [ ! -x "$to" ]; fi
}

# rsync removes what has gone, but not of a dependency, nor where one may be.
follow_gone() {
    if [ -n "$dependency" ]; then
        drop_dependency
    elif [ -f "$to" ] || [ -L "$to" ]; then
        rm "$to"
    fi
}

for listed; do
    path=/${listed#* * * }
    from=/sealed/source$path
    to=/project$path
    find_dependency "$path"
    if is_made || { [ -n "$dependency" ] && ! is_there "/project$dependency"; }; then continue; fi
    there=gone
    if [ -f "$from" ] || [ -L "$from" ]; then there=there; fi
    case $there$listed in
    there+*) follow_changed ;;
    gone[!+]*) follow_gone ;;
    esac
done

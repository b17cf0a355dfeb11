#!/bin/sh
# Removes from /project what is another in /sealed/source, so that rsync brings it again, with what was compiled
# of it:
#   drop.sh TOOL FOLDER LISTED...
# A file is listed as mirror.sh does it: with a + as it is now, else as it was at the last mirroring.
set -eu

tool=$1
folder=$2
shift 2

# What a build tool has made is never mirrored, and stays: only rebar3 keeps sources among it.
is_made() {
    case $path in
    */_build/*/ebin/* | */_build/*/.rebar3/*) [ "$tool" = rebar3 ] || is_built "${path%%/_build/*}" ;;
    */_build/*) [ "$tool" = mix ] && is_built "${path%%/_build/*}" ;;
    *) false ;;
    esac
}

# Whether the build tool runs in this folder or below it, or in another project's.
is_built() {
    case $folder/ in "/project$1/"*) return 0 ;; esac
    [ -e "/sealed/source$1/mix.exs" ] || [ -e "/sealed/source$1/rebar.config" ]
}

# A dependency that has been fetched is compiled once, whatever becomes of its files: unless that is gone.
# $dependency is its folder then, and empty where the file is of none.
drop_compiled() {
    dependency=
    case $tool:$path in
    mix:*/deps/*)
        above=${path%%/deps/*}
        name=${path#"$above/deps/"}
        name=${name%%/*}
        dependency=$above/deps/$name
        set -- "/project$above/_build"/*/lib/"$name"
        ;;
    rebar3:*/_build/*/*/*)
        below=${path#"${path%%/_build/*}"/_build/*/*/}
        dependency=${path%"$below"}${below%%/*}
        set -- "/project$dependency/ebin"
        ;;
    esac
    for compiled; do [ ! -e "$compiled" ] || rm -rf "$compiled"; done
}

# Where a link leads elsewhere now: it is the time of what is there that a compiler sees.
renew_target() {
    target=$(realpath -m "$from")
    case $target in /sealed/source/*) target=/project/${target#/sealed/source/} ;; *) return 0 ;; esac
    [ ! -e "$target" ] || find "$target" \
        \( -name .beamwright -o -name _build -o -name deps -o -name node_modules \) -prune -o \
        -type f -exec touch {} +
}

# rsync removes what has gone, but not where the build tool keeps its own.
follow_gone() {
    drop_compiled
    if [ -z "$dependency" ]; then return; fi
    if [ ! -e "/sealed/source$dependency" ]; then
        rm -rf "/project$dependency"
    elif [ -d "${to%/*}" ]; then
        rm -rf "$to"
        rmdir -p --ignore-fail-on-non-empty "${to%/*}"
    fi
}

# shellcheck disable=SC3013 # Debian's sh has it
is_newer() { [ "$from" -nt "$to" ]; }

# What shows that a file is another goes last: who is ended before that does all of it again.
follow_changed() {
    if [ -L "$from" ]; then
        if [ -L "$to" ] && [ "$(readlink "$from")" = "$(readlink "$to")" ]; then return; fi
        drop_compiled
        [ -n "$dependency" ] || renew_target
    elif [ ! -f "$to" ]; then
        drop_compiled
    elif is_newer || ! cmp -s "$from" "$to"; then
        drop_compiled
        rm "$to"
    fi
}

for listed; do
    path=/${listed#* * * }
    from=/sealed/source$path
    to=/project$path
    if is_made; then continue; fi
    there=gone
    if [ -f "$from" ] || [ -L "$from" ]; then there=there; fi
    case $there$listed in
    there+*) follow_changed ;;
    gone[!+]*) follow_gone ;;
    esac
done

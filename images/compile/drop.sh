#!/bin/sh
# Removes files from /project that are not as in /sealed/source; rsync brings them again: drop.sh TOOL FOLDER LISTED...
# What a build tool has made is never mirrored, and stays: only rebar3 keeps sources among it.
# A file is listed as mirror.sh does it.
set -eu

tool=$1
folder=$2
shift 2

is_made() {
    case /$1 in
    */_build/*/ebin/* | */_build/*/.rebar3/*) [ "$tool" = rebar3 ] || is_built "${1%%_build/*}" ;;
    */_build/*) [ "$tool" = mix ] && is_built "${1%%_build/*}" ;;
    *) false ;;
    esac
}

# Whether the build tool runs in this folder or below it, or in another project's.
is_built() {
    case $folder/ in "/project/$1"*) return 0 ;; esac
    [ -e "/sealed/source/$1mix.exs" ] || [ -e "/sealed/source/$1rebar.config" ]
}

# A dependency that has been fetched is compiled once, whatever becomes of its files: unless that is gone.
drop_compiled() {
    case $tool:/$1 in
    mix:*/deps/*/*)
        above=${1%%deps/*}
        name=${1#"${above}deps/"}
        rm -rf "/project/${above}_build"/*/lib/"${name%%/*}"
        ;;
    rebar3:*/_build/*/lib/*/*)
        above=${1%%/lib/*}
        name=${1#"$above/lib/"}
        rm -rf "/project/$above/lib/${name%%/*}/ebin"
        ;;
    esac
}

# A link that leads to another file now: it is that one's time that a compiler sees.
drop_target() {
    target=$(realpath "/sealed/source/$1")
    case $target in /sealed/source/*) rm -f "/project/${target#/sealed/source/}" ;; esac
}

for listed; do
    path=${listed#* * * }
    from=/sealed/source/$path
    to=/project/$path
    if [ ! -f "$from" ] || [ ! -f "$to" ] || is_made "$path"; then continue; fi
    # shellcheck disable=SC3013 # Debian's sh has it
    if [ "$from" -nt "$to" ] || ! cmp -s "$from" "$to"; then
        [ ! -L "$from" ] || drop_target "$path"
        rm -f "$to"
        drop_compiled "$path"
    fi
done

# shellcheck shell=sh disable=SC2154 # who reads this sets them
# Which folders of the source are dependencies that a build tool fetches, and how one leaves the mirror. For
# other scripts, which set $tool, $folder (/project, or the one in it that holds the project's file) and $own
# (the names of the project's own applications, which rebar3 compiles beside its dependencies).

inside=${folder#/project}

# Sets $dependency to the folder of the dependency that the path $1 is in, both relative to the source: to
# nothing where it is in none.
find_dependency() {
    dependency=
    if [ "$tool" = mix ]; then find_in_deps "$1"; else find_in_build "$1"; fi
}

# Those of mix are beside the project's file, or above it where that is an umbrella's child.
find_in_deps() {
    above=$inside
    while :; do
        below=${1#"$above"/deps/}
        if [ "$below" != "$1" ]; then break; fi
        [ -n "$above" ] || return 0
        above=${above%/*}
    done
    # The project itself may be in a folder of that name.
    case $inside/ in "$above/deps/${below%%/*}"/*) ;; *) dependency=$above/deps/${below%%/*} ;; esac
}

# Those of rebar3 are in _build/PROFILE/lib or plugins.
find_in_build() {
    below=${1#"$inside"/_build/*/}
    case $below in
    "$1") return 0 ;;
    lib/* | plugins/*) name=${below#*/} ;;
    *) return 0 ;;
    esac
    name=${name%%/*}
    case " $own " in *" $name "*) ;; *) dependency=${1%"$below"}${below%%/*}/$name ;; esac
}

# A dependency that has been fetched is compiled once, whatever becomes of its files or of those that it is
# compiled with: unless what was compiled is gone. mix has that beside the project's file or above it, whichever
# deps it belongs to. Another one is to be asked for, as it may be none that is locked: before all else, for who
# is ended here finds its files gone, or others, the next time.
drop_dependency() {
    set -- "$folder/_build/beamwright".*
    if [ "$tool" = mix ]; then
        beside=$inside
        while set -- "$@" "/project$beside/_build"/*/lib && [ -n "$beside" ]; do beside=${beside%/*}; done
    fi
    for made in "$@" "/project$dependency"; do
        if is_there "$made"; then rm -rf "$made"; fi
    done
}

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

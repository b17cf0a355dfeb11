#!/bin/sh
# Compiles the rebar3 project in this folder with the profiles $1 and assembles its release $2 in the folder
# $3. A profile that the project has not is an empty one for rebar3.
# Ends with 3 when a dependency can't be had, with 4 when there is no such release: the last line of the
# output then names those that there are.
set -eu

profiles=$1
release=$2
folder=$3

# rebar3 wants its registry even for packages that are there, but takes checkouts as they are. So where
# nothing can be fetched, what was fetched before is checked out; the next mirroring removes the links.
check_out() {
    mkdir -p _checkouts
    for fetched in _build/*/plugins/* _build/*/lib/*; do
        link=_checkouts/${fetched##*/}
        [ ! -d "$fetched/src" ] || [ -L "$fetched" ] || [ -e "$link" ] || ln -s "$PWD/$fetched" "$link"
    done
}

# Whether the release is among these; of none nothing is known.
demand_release() {
    case " $* " in
    '  ' | *" $release "*) ;;
    *)
        echo "$*"
        exit 4
        ;;
    esac
}

# rebar3 reads itself out of an archive, which takes a tenth of a build; what it has unpacked of itself, by its
# own command, it reads faster. That one is to be whole, and of this rebar3: where it is no archive, or the disk
# is full, there is none.
unpacked=$HOME/.cache/rebar3/bin/rebar3
unpack() {
    rm -rf "$HOME/.cache/rebar3/bin" "$HOME/.cache/rebar3/vsns"
    if rebar3 local install && "$unpacked" version | grep -q '^rebar '; then return; fi >/dev/null 2>&1
    rm -rf "$HOME/.cache/rebar3/bin" "$HOME/.cache/rebar3/vsns"
}

# Asking takes a second: only after a change of what the answer depends on. The stamp says how dependencies
# came to be there, and which releases there are.
stamp=_build/beamwright.$profiles
if [ ! -e "$stamp" ] || [ -n "$(sh /compile/changed.sh "$stamp" 'rebar.*')" ]; then
    mkdir -p _build
    releases=$(escript /compile/releases.escript)
    # shellcheck disable=SC2086 # names, a word each
    demand_release $releases
    unpack
    if rebar3 as "$profiles" get-deps; then
        echo "fetched $releases" >"$stamp"
    else
        check_out
        rebar3 as "$profiles" get-deps || exit 3
        echo "there $releases" >"$stamp"
    fi
else
    read -r dependencies releases <"$stamp"
    # Somebody may have named another one since.
    # shellcheck disable=SC2086 # names, a word each
    demand_release $releases
    [ "$dependencies" = fetched ] || check_out
fi

[ -x "$unpacked" ] || unpacked=rebar3
exec "$unpacked" as "$profiles" release --relname "$release" --output-dir "$(dirname "$folder")" \
    --dev-mode false --include-erts true

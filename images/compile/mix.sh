#!/bin/sh
# Compiles the mix project in this folder with MIX_ENV=$1 and assembles its release $2 in the folder $3.
# Ends with 3 when a dependency can't be had, with 4 when there is no such release: the last line of the
# output then names those that there are.
set -eu

export MIX_ENV="$1"
release=$2
folder=$3
# What mix was asked, kept until the answer may be another: the releases, and beside it whether it takes no Hex.
stamp=_build/beamwright.$MIX_ENV
# Mix takes this one, and else one that `mix local.rebar` fetched for this very Elixir.
if rebar3=$(command -v rebar3); then export MIX_REBAR3="$rebar3"; fi

has_hex() {
    [ -n "$(find "${MIX_ARCHIVES:-${MIX_HOME:-$HOME/.mix}/archives}" -maxdepth 1 -name 'hex-*' 2>/dev/null)" ]
}

# Without Hex mix knows no package, not even one that is in deps/: then fetched.exs stands in for it.
run_mix() {
    if [ -e "$stamp.plain" ] || has_hex; then
        mix "$@"
    else
        elixir -r /compile/fetched.exs -S mix "$@"
    fi
}

# Whether all dependencies are there for `mix` or `run_mix`. A project that wants another Elixir or archive is
# told so when it is compiled.
has_dependencies() { "$1" deps.loadpaths --no-compile --no-elixir-version-check --no-archives-check; }

get_dependencies() {
    ! has_dependencies run_mix >/dev/null 2>&1 || return 0
    # A project that has no packages needs no Hex: deps.get says so if this one does.
    mix local.hex --force --if-missing || :
    [ -n "${MIX_REBAR3:-}" ] || mix local.rebar --force --if-missing || :
    run_mix deps.get --only "$MIX_ENV" || exit 3
    # A folder that is not there is a warning for deps.get.
    has_dependencies run_mix || exit 3
}

# A source without a lock file has lost that of the last build, and mix takes nothing that is not locked.
unlocked() { [ -d deps ] && [ ! -e mix.lock ]; }

# Whether the release is among those in the file.
demand_release() {
    if [ -s "$1" ] && ! grep -qx "[a-z]* $release" "$1"; then
        cut -d ' ' -f 2 "$1" | paste -sd ' '
        exit 4
    fi
}

# Asking mix takes a second: only after a change of what it would say.
if [ ! -e "$stamp" ] || unlocked || [ -n "$(sh /compile/changed.sh "$stamp" 'mix.*')" ]; then
    mkdir -p _build
    rm -f "$stamp.plain"
    elixir /compile/releases.exs >"$stamp.new"
    # A mix.exs that fails is no dependency that can't be had: it is told, and ends this.
    [ -s "$stamp.new" ] || run_mix help --names >/dev/null
    demand_release "$stamp.new"
    get_dependencies
    has_hex || ! has_dependencies mix >/dev/null 2>&1 || touch "$stamp.plain"
    mv "$stamp.new" "$stamp"
fi
# Somebody may have named another one since.
demand_release "$stamp"

# A project that lists no releases has one, named as its application; mix knows no name for it.
! grep -q '^application ' "$stamp" || release=

run_mix release --quiet ${release:+"$release"} --overwrite --path "$folder"

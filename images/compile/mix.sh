#!/bin/sh
# Compiles the mix project in this folder and assembles its release $1 in the folder $2.
set -eu

release=$1
folder=$2
export MIX_ENV=prod
# Mix takes this one, and else one that `mix local.rebar` fetched for this very Elixir.
if rebar3=$(command -v rebar3); then export MIX_REBAR3="$rebar3"; fi

# A project that lists no releases has one, named as its application; mix knows no name for it.
grep -q 'releases:' mix.exs || release=

# Asking mix what is missing takes a second: only after a change of what it depends on.
stamp=_build/beamwright.dependencies
if [ ! -e "$stamp" ] || [ -n "$(find . -maxdepth 3 \( -name mix.exs -o -name mix.lock \) -newer "$stamp")" ]; then
    if ! mix deps.loadpaths --no-compile >/dev/null 2>&1; then
        mix local.hex --force --if-missing
        [ -n "${MIX_REBAR3:-}" ] || mix local.rebar --force --if-missing
        mix deps.get --only prod
    fi
    mkdir -p _build
    touch "$stamp"
fi

exec mix release --quiet ${release:+"$release"} --overwrite --path "$folder"

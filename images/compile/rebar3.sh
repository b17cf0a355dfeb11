#!/bin/sh
# Compiles the rebar3 project in this folder and assembles its release $1 in the folder $2, with the
# profile `prod` where the project has one (rebar3 takes an unknown profile for an empty one).
set -eu

exec rebar3 as prod release --relname "$1" --output-dir "$(dirname "$2")" --dev-mode false --include-erts true

# shellcheck shell=sh

"$verb" "$@"

#!/bin/sh
# Prints the files of build tools that have changed since the file $1: changed.sh STAMP PATTERN
# PATTERN is of their names. Where the project in this folder is one of several, they are searched in all of
# /project, however deep.
set -eu

find . -maxdepth 3 -name "$2" -cnewer "$1"
[ "$PWD" != /project ] || exit 0
find /project -maxdepth 3 -name "$2" -cnewer "$1"
find /project \( -name .git -o -name _build -o -name deps -o -name node_modules \) -prune -o \
    -name "$2" -cnewer "$1" -print

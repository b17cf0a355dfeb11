#!/bin/sh
# Copies out of the toolchain into the tree $1 what libc, TLS and terminals read: system.sh TREE [PART]...
# Parts: certificates, shell, timezones. Always there: a few terminals, for the remote shell, and the locale
# C.UTF-8.
set -eu

tree=$1
shift

# Takes the first of the paths that is there, as the given one.
take() {
    to=$tree/$1
    shift
    for from in "$@"; do
        [ -e "$from" ] || continue
        mkdir -p "${to%/*}"
        cp -RL -- "$from" "$to"
        return
    done
    echo "the toolchain has no $1: install ${package:?} in its image" >&2
    exit 1
}

# An image without ncurses-base has no terminals to take, and its remote shell is a plain one.
for entry in l/linux s/screen s/screen-256color t/tmux-256color v/vt100 x/xterm x/xterm-256color; do
    for folder in /usr/share/terminfo /lib/terminfo; do
        [ -e "$folder/$entry" ] || continue
        take "usr/share/terminfo/$entry" "$folder/$entry"
        break
    done
done

# Without it the VM takes file names and what it prints for Latin-1, whatever LANG says.
if [ -d /usr/lib/locale/C.utf8 ]; then take usr/lib/locale/C.utf8 /usr/lib/locale/C.utf8; fi

for part in "$@"; do
    case $part in
    certificates)
        package=ca-certificates
        take etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
        ;;
    shell)
        package=busybox-static
        take bin/busybox /bin/busybox /usr/bin/busybox
        ;;
    timezones)
        package=tzdata
        take usr/share/zoneinfo /usr/share/zoneinfo
        # The zones again: counting leap seconds, which no system's clock does, or as POSIX names them.
        rm -rf "$tree/usr/share/zoneinfo/right" "$tree/usr/share/zoneinfo/posix"
        ;;
    esac
done

# shellcheck shell=sh

# ---- what stands below /opt/beamwright/<app> ----

moment() { # counter: those of builds are seconds since 1970
    printf '%s' "$1"
    date -u -d "@$1" '+ (%Y-%m-%dT%H:%M:%SZ)' 2>/dev/null || :
}
now() { exec date -u +%Y-%m-%dT%H:%M:%SZ; } # as $(now)
record() { # what: a line of the journal, on the disk when this returns; when, into recorded
    # A disk that was full, a kill or a power cut may have left half of one.
    [ -s "$run/whole-$app" ] || [ -z "$(tail -c 1 "$base/journal" 2>/dev/null)" ] || echo >>"$base/journal"
    # Empty while it is not known. (A redirection that fails would end the shell with `:`.)
    true >"$run/whole-$app" || :
    recorded=$(now)
    printf '%s %s %s %s\n' "$recorded" "$fence" "$who" "$*" >>"$base/journal" || return 1
    echo yes >"$run/whole-$app" || :
    sync "$base/journal"
}
linked() { # the release that current or previous points to, or -
    [ -L "$base/$1" ] || { echo - && return 0; }
    # As cd sees it, which is no program to start, unless that is gone, or elsewhere.
    leads_to=$(cd -P "$base/$1" 2>/dev/null && echo "$PWD") && [ -d "$base/releases/${leads_to##*/}" ] ||
        leads_to=$(readlink "$base/$1")
    printf '%s\n' "${leads_to##*/}"
}
link() { # current or previous, release or -: rename(2) over the old link; on the disk with the caller's sync
    if [ "$2" = - ]; then
        rm -f "$base/$1"
    else
        ln -sfn "releases/$2" "$base/.$1"
        mv -fT "$base/.$1" "$base/$1"
    fi
}
flush() { # path…: their contents and the folder of the last one are on the disk when this returns
    for last; do :; done
    sync "$@" "${last%/*}"
}
releases() { # [word]: those that are complete: the manifest comes last and goes first
    for folder in "$base/manifests/"*; do
        [ ! -d "$base/releases/${folder##*/}" ] || printf '%s\n' "${1:+$1 }${folder##*/}"
    done
}
units() { # every unit of the app that systemd knows or would start
    {
        systemctl list-units --all --plain --no-legend --no-pager "$app@*.service" "beamwright-$app.service"
        wanted
    } | sed -n "s/^\($app@[0-9]*\.service\|beamwright-$app\.service\).*/\1/p" | sort -u
}
wanted() { # the units of nodes that systemd would start
    for link in "$etc/systemd/system/$app.target.wants/$app@"*.service; do
        [ ! -L "$link" ] || printf '%s\n' "${link##*/}"
    done
}
of_files() { # program argument…: what it says of the app's files that are there
    [ -f "$base/files" ] || return 0
    asked=$#
    while read -r path; do
        [ ! -f "$ROOT$path" ] || set -- "$@" "$ROOT$path"
    done <"$base/files"
    [ $# -eq "$asked" ] || "$@"
}
digests() { # [word]: sha256 and path of each
    of_files sha256sum | while read -r sum path; do printf '%s %s\n' "${1:+$1 }$sum" "${path#"$ROOT"}"; done
}
loose() { # a line for each of them that is somebody else's, that others may change or, a secret, read
    of_files stat -c '%a %n' | while read -r mode path; do
        kind='file'
        case $path in */secrets/*) kind='secret' ;; esac
        # shellcheck disable=SC3067 # dash and busybox know -O: it is ours
        case $kind:$mode in secret:0 | secret:*00 | file:[0145] | file:*[0145][0145]) [ ! -O "$path" ] || continue ;; esac
        printf 'loose %s\n' "${path#"$ROOT"}"
    done
}
property() { # unit name: what systemctl(1) shows of it
    systemctl show --property="$2" --value "$1"
}
digest() { # file: its sha256, into sum
    sum=$(sha256sum <"$1")
    sum=${sum%% *}
}
has_digest() { # sha256 file
    digest "$2" && [ "$sum" = "$1" ]
}
number_in() { # file: what is in it, into number; 0 where there is none
    number=0
    [ ! -f "$1" ] || read -r number <"$1" || :
    number=${number:-0}
}

# ---- the disk ----

measure() { # folder: into free, in KiB, and inodes; false when its disk does not even say that
    told=$(stat -f -c '%a %S %d %c' "$1") || return 1
    # shellcheck disable=SC2086 # numbers
    set -- $told
    free=$(($1 * $2 / 1024)) inodes=$3
    # Where the file system makes them as it needs them, it has none to count: 0 of 0.
    [ "$4" -gt 0 ] || inodes=-
}
blame_disk() { # at the end of what failed, for a shell says "I/O error", or can't even write that down
    [ "$?" -ne 0 ] || return 0
    [ -d "$opt" ] || return 0
    for folder in "$opt" "$etc"; do
        [ -w "$folder" ] || say "host: $folder can't be written: Read-only file system" >&2
    done
    measure "$opt" || return 0
    [ "$free" -gt 1024 ] || say "host: no space left on $opt: $free KiB are free" >&2
    [ "$inodes" = - ] || [ "$inodes" -gt 16 ] || say "host: no inodes left on $opt: $inodes are free" >&2
}

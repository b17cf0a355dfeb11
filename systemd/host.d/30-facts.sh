# shellcheck shell=sh

# ---- looking ----

facts() { # [app…]: one answer for all that a plan needs, a line a fact
    folder=$opt
    [ -d "$folder" ] || folder=$ROOT/
    printf 'helper %s\n' "$(if [ -f "$opt/host" ]; then sha256sum <"$opt/host" | cut -c1-64; else echo -; fi)"
    printf 'arch %s\n' "$(uname -m)"
    printf 'systemd %s\n' "$(systemctl --version | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p')"
    printf 'free_kb %s\n' "$(free_kb "$folder")"
    printf 'free_inodes %s\n' "$(free_inodes "$folder")"
    ! read_lease || printf 'lease %s %s\n' "$((lease_end - $(uptime)))" "$lease_text"
    for name; do
        use_app "$name"
        printf 'app %s\ncurrent %s\nprevious %s\n' "$app" "$(linked current)" "$(linked previous)"
        [ ! -d "$base/undo" ] || printf 'undo %s\n' "$(cat "$base/undo/current")"
        releases | sed 's/^/release /'
        [ ! -f "$base/failed" ] || sed 's/^/failed /' "$base/failed"
        digests | sed 's/^/file /'
        loose | sed 's/^/loose /'
        (cd "$base/started" 2>/dev/null && grep -Hs . ./*) | sed -n 's/^\.\/\([^:]*\):/started \1 /p'
        status "$app"
    done
}
status() { # app: every unit of it, `show KEY=VALUE` lines of systemctl(1), an empty one between two units
    use_app "$1"
    names=$(units)
    [ -n "$names" ] || return 0
    # shellcheck disable=SC2086 # unit names hold no blanks
    systemctl show --property=Id,ActiveState,SubState,UnitFileState,NRestarts,MainPID,Result,StatusText $names |
        while IFS= read -r line; do
            printf 'show %s\n' "$line"
            case $line in MainPID=[1-9]*) printf 'show Running=%s\n' "$(running "${line#MainPID=}")" ;; esac
        done
    printf 'show \n'
}
running() { # pid: the release that it was started from, as the kernel has it (proc(5), mountinfo)
    # Of an image the main process is podman's monitor: the node is its child, with the index among its mounts,
    # deleted where the release has been mended since.
    children=$(cat "$ROOT/proc/$1/task/$1/children" 2>/dev/null || :)
    {
        for child in $children; do mounted "$child" /run/beamwright/index.json; done |
            sed 's|//deleted$||; s|/[^/]*$||'
        mounted "$1" /
    } | sed -n 's|.*/||; /./{p;q}'
}
mounted() { # pid path: what lies there, as its own file system has it
    awk -v path="$2" '$5 == path { root = $4 } END { print root }' "$ROOT/proc/$1/mountinfo" 2>/dev/null || :
}
log() { # app lines last|follow unit…
    use_app "$1"
    check_number "$2"
    lines=$2
    case $3 in last) follow='' ;; follow) follow=--follow ;; *) refuse "'$3'" ;; esac
    shift 3
    for unit; do check_unit "$unit"; done
    for unit; do
        shift
        set -- "$@" "--unit=$unit"
    done
    trap - HUP PIPE
    exec journalctl --lines="$lines" --no-pager --output=short-iso ${follow:+"$follow"} "$@"
}
history() { # app
    use_app "$1"
    [ ! -f "$base/journal" ] || cat "$base/journal"
}
manifest() { # app release: what it holds
    use_app "$1"
    check_id "$2"
    [ -d "$base/manifests/$2" ] || fail "$app $2 is not on this host"
    cat "$base/manifests/$2/files"
}
check() { # app release: whether it is what its manifest says
    manifest "$1" "$2" >/dev/null
    verify_tree "$base/releases/$2" "$base/manifests/$2/files" || fail "$app $2 is not what its manifest says"
}

# shellcheck shell=sh

# ---- looking ----

facts() { # [app…]: one answer for all that a plan needs, a line a fact
    # In one piece, or a few: sshd sends each as a packet of its own.
    told=$(tell_facts "$@")
    say "$told"
}
tell_facts() {
    # In this order, and before all else: what begins after these gives another fence, what they do not tell of
    # has ended, and what follows is how it is since.
    number_in "$opt/.fence"
    printf 'fence %s\n' "$number"
    uptime
    ! read_lease || printf 'lease %s %s\n' "$((lease_end - up))" "$lease_text"
    ! is_busy || echo 'busy yes'
    if [ -d "$opt" ]; then measure "$opt"; else measure "$ROOT/"; fi
    sum=-
    [ ! -f "$opt/host" ] || digest "$opt/host"
    printf 'helper %s\n' "$sum"
    if [ -f "$run/machine" ]; then lines '' "$run/machine"; else machine; fi
    printf 'free_kb %s\nfree_inodes %s\n' "$free" "$inodes"
    for name; do
        use_app "$name"
        printf 'app %s\ncurrent %s\nprevious %s\n' "$app" "$(linked current)" "$(linked previous)"
        [ ! -d "$base/undo" ] || printf 'undo %s\n' "$(cat "$base/undo/current")"
        releases release
        [ ! -f "$base/failed" ] || lines failed "$base/failed"
        digests file
        loose
        for unit in "$base/started/"*; do [ ! -f "$unit" ] || lines "started ${unit##*/}" "$unit"; done
        [ ! -d "$base" ] || status "$app"
    done
}
machine() { # what is asked once a boot; a systemd that is upgraded meanwhile can do no less than that
    printf 'arch %s\n' "$(uname -m)"
    version=$(systemctl --version) || :
    version=${version#"${version%%[0-9]*}"}
    printf 'systemd %s\n' "${version%%[!0-9]*}"
}
is_busy() { # a change is at work, or a way back
    # Shared: two who look at once do not take each other for one.
    [ -e "$run/busy" ] && ! (exec 9<"$run/busy" && flock -sn 9)
}
lines() { # word file: its lines, each after the word, if any
    while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "${1:+$1 }$line"; done <"$2"
}
status() { # app: every unit of it, `show KEY=VALUE` lines of systemctl(1), an empty one between two units
    use_app "$1"
    # shellcheck disable=SC2046 # unit names hold no blanks; one that is asked for twice is told once
    told=$(systemctl show \
        --property=Id,ActiveState,SubState,UnitFileState,NRestarts,MainPID,Result,StatusText,NeedDaemonReload \
        $(wanted) "$app@*.service" "beamwright-$app.servic[e]" "$app.target") || :
    note "$told"
    printf '%s\n' "$told" | awk -v proc="$ROOT/proc" "$runs"'
        /^NeedDaemonReload=/ { next }
        /^Id=.*\.target$/ { other = 1 }
        /./ { unit = unit "show " $0 "\n" }
        /^MainPID=[1-9]/ { unit = unit "show Running=" runs(substr($0, 9)) "\n" }
        !/./ { tell() }
        END { tell() }
        function tell() { if (unit != "" && !other && !told[unit]++) print unit "show "; unit = other = "" }'
}
note() { # what systemctl shows of the app's units: restart and confirm need not ask the same within seconds
    [ -d "$run" ] || return 0
    reload=no settled=no
    case $1 in *NeedDaemonReload=yes*) reload=yes ;; esac
    case $newline$1 in
    *ActiveState=[!a]* | *ActiveState=activa*) ;;
    *"${newline}Id=$app.target$newline"*) settled=yes ;;
    esac
    uptime
    printf '%s %s %s\n' "$up" "$reload" "$settled" >"$run/looked-$app" || :
}
looked() { # into reload whether systemd had to read units, into settled whether the target and all were active:
    # just now, else it is false
    [ -f "$run/looked-$app" ] && read -r when reload settled <"$run/looked-$app" || return 1
    uptime
    [ "$when" -le "$up" ] && [ $((up - when)) -le 30 ]
}
running() { # pid: the release that it was started from, or nothing
    awk -v proc="$ROOT/proc" -v pid="$1" "$runs"'BEGIN { print runs(pid) }'
}
# As the kernel has it (proc(5), mountinfo). Of an image the main process is podman's monitor: the node is its
# child, with the index among its mounts, deleted where the release has been mended since.
# shellcheck disable=SC2016 # awk's own
runs='
    function runs(pid, file, children, child, count, root) {
        file = proc "/" pid "/task/" pid "/children"
        getline children <file
        close(file) # a unit may be told of twice
        count = split(children, child, " ")
        for (; count > 0 && root == ""; count--) {
            root = mounted(child[count], "/run/beamwright/index.json")
            sub(/(\/\/deleted)?$/, "", root)
            sub(/\/[^\/]*$/, "", root)
        }
        if (root == "") root = mounted(pid, "/")
        sub(/.*\//, "", root)
        return root
    }
    function mounted(pid, path, file, line, field, root) {
        file = proc "/" pid "/mountinfo"
        while ((getline line <file) > 0) if (split(line, field, " ") && field[5] == path) root = field[4]
        close(file)
        return root
    }
'
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

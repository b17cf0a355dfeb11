# shellcheck shell=sh

# ---- confirm: what there is no way back from, and what is remembered of it ----

confirm() { # app release|- [keep]: that is there now, and is what to come back to; says "confirmed" and prunes
    use_app "$1"
    [ $# -eq 2 ] || check_number "$3"
    now_runs=$(linked current)
    [ "$now_runs" = "$2" ] || fail "$app is at $now_runs here, not at $2: somebody else has changed it"
    # Else half of it would be done: undo/ gone, and the switch still armed.
    [ ! -d "$etc/systemd/system" ] || [ -w "$etc/systemd/system" ] || fail "$etc/systemd/system can't be written"
    forget_failed "$now_runs"
    count "$now_runs"
    # Before the way back goes: a power cut after that has to find nodes that start at boot.
    [ ! -f "$etc/systemd/system/$app.target" ] || start_at_boot "$app.target"
    forget
    [ ! -e "$base/unsettled" ] || rm -f "$base/unsettled"
    record "confirmed $now_runs"
    # What fails from here on takes nothing back of that: the timer disarms itself, the target starts at boot.
    disarm || say "host: $app is confirmed, and its dead-man's switch could not be disarmed yet" >&2
    [ ! -f "$etc/systemd/system/$app.target" ] || { looked && [ "$settled" = yes ]; } ||
        systemctl start --no-block "$app.target" ||
        say "host: $app is confirmed, and $app.target could not be started" >&2
    [ $# -eq 3 ] || return 0
    say confirmed
    demand_fence "$fence"
    prune "$1" "$3"
}
told() { # the release that the journal says was confirmed, or gone back to, last
    sed -n -e 's/^[^ ]* [^ ]* [^ ]* confirmed \([^ ]*\)$/\1/p' \
        -e 's/^[^ ]* [^ ]* [^ ]* reverted to \([^ ]*\)$/\1/p' "$base/journal" 2>/dev/null | tail -n 1
}
count() { # release: no older one is staged from now on, unless somebody says so
    [ -f "$base/manifests/$1/manifest.json" ] || return 0
    head=$(sed 's/,"files":\[\[.*//; 1q' "$base/manifests/$1/manifest.json")
    read_values
    number_in "$base/counter"
    [ "$manifest_counter" -gt "$number" ] || return 0
    printf '%s\n' "$manifest_counter" >"$base/.counter"
    sync "$base/.counter"
    mv -f "$base/.counter" "$base/counter"
}
forget() {
    [ ! -e "$base/.undo" ] || rm -rf "$base/.undo"
    [ ! -d "$base/undo" ] || mv -T "$base/undo" "$base/.undo"
    sync "$base"
    rm -rf "$base/.undo"
}
note_failed() { # release: it was tried here and taken back
    forget_failed "$1"
    printf '%s\n' "$1" >>"$base/failed"
}
forget_failed() { # release
    [ -f "$base/failed" ] || return 0
    grep -vxF -e "$1" "$base/failed" >"$base/.failed" || :
    mv -f "$base/.failed" "$base/failed"
}

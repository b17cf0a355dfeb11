# shellcheck shell=sh

# ---- units ----

restart() { # app unit: returns when it is ready; else prints its last log lines and fails
    use_app "$1"
    check_unit "$2"
    # Digests of secrets: for root only.
    (umask 077 && { [ -d "$base/started" ] || mkdir -p "$base/started"; } && digests >"$base/.started")
    # Until it has been restarted it is not known what it was started from, so that a restart which is broken off
    # here is still owed.
    rm -f "$base/started/$2"
    sync "$base/started"
    [ "$app" != rabbitmq ] || drain "$2"
    uptime
    begun=$up
    # After a crash loop systemd refuses to start the unit until it is told to forget.
    systemctl reset-failed "$2" 2>/dev/null || :
    # An install that was broken off may not have come to it, and the next one found nothing to change; or a
    # person has changed the unit.
    reload_for "$2"
    start_at_boot "$2"
    if systemctl restart "$2" && { [ "$app" != rabbitmq ] || revive; }; then
        mv -f "$base/.started" "$base/started/$2"
        record "restarted $2"
    else
        # It is started again by systemd itself, from the same files.
        mv -f "$base/.started" "$base/started/$2"
        record "failed to restart $2"
        uptime
        journalctl --unit="$2" --since="-$((up - begun + 1))s" --no-pager --output=cat | tail -n 40
        exit 1
    fi
}
start_at_boot() { # unit, on the disk too; what is enabled stays so: systemd would read all units again
    is_enabled "$1" || {
        systemctl enable --quiet "$1"
        synced=
    }
    [ -n "$synced" ] || sync_links
}
is_enabled() { # unit
    for link in "$etc/systemd/system/"*.wants/"$1"; do [ ! -L "$link" ] || return 0; done
    return 1
}
sync_links() { # what starts at boot is on the disk when this returns
    set -- "$etc/systemd/system"
    for folder in "$1/"*.wants; do [ ! -d "$folder" ] || set -- "$@" "$folder"; done
    sync "$@"
    synced=yes
}
drain() { # RabbitMQ's unit: leaders and clients are elsewhere before it stops; by what runs, not what comes
    pid=$(property "$1" MainPID)
    [ "${pid:-0}" -gt 0 ] || return 0
    tree=$base/releases/$(running "$pid")
    [ -d "$tree/usr" ] || tree=$base/current
    if (rabbitmq rabbitmq-upgrade drain) >/dev/null 2>&1; then
        record "drained $1"
    else
        # A restart is what mends one that does not answer.
        record "could not drain $1"
    fi
    tree=
}
revive() { # it serves again: a start ends the maintenance by itself, as long as it was RabbitMQ's own
    (rabbitmq rabbitmqctl await_startup) && (rabbitmq rabbitmq-upgrade revive)
}
stop() { # app unit: now and at boot
    use_app "$1"
    check_unit "$2"
    systemctl disable --quiet "$2" || :
    systemctl stop "$2"
    systemctl reset-failed "$2" 2>/dev/null || :
    rm -f "$base/started/$2"
    record "stopped $2"
}

# shellcheck shell=sh

# ---- the dead-man's switch: what nobody confirms goes back ----
#
# beamwright-revert@<app>.service   at boot, before the app's units start
# beamwright-lease@<app>.timer      while it runs: asks every few seconds whether the lease has ended
#
# Both are enabled on the disk before undo/ is made, and disabled after it is gone. Two services, for units wait
# for the first one at boot and are restarted by the second one: one that was both would wait for itself.
#
# After a revert `unsettled` is there until the lease ends: whoever went back restarts the units, or else the host.

arm() {
    watch_links
    { [ -d "${at_boot%/*}" ] && [ -d "${all_along%/*}" ]; } || mkdir -p "${at_boot%/*}" "${all_along%/*}"
    arm_unit beamwright-revert@.service '[Unit]
Description=Takes back what was not confirmed before this boot: %i
RequiresMountsFor=/opt/beamwright
Before=%i.target

[Service]
Type=oneshot
ExecStart=/opt/beamwright/host expire %i boot

[Install]
WantedBy=multi-user.target'
    arm_unit beamwright-lease@.service '[Unit]
Description=Takes back what is not confirmed when its lease ends: %i

[Service]
Type=oneshot
ExecStart=/opt/beamwright/host expire %i lease'
    arm_unit beamwright-lease@.timer '[Unit]
Description=Asks whether the lease of what is not confirmed has ended: %i

[Timer]
OnActiveSec=10
OnUnitInactiveSec=5
AccuracySec=1

[Install]
WantedBy=timers.target'
    [ ! -e "$run/unread" ] || reload_units
    # As systemctl(1) enables them. At boot systemd reads the links; the timer is started here.
    ln -sfn "$watch/beamwright-revert@.service" "$at_boot"
    ln -sfn "$watch/beamwright-lease@.timer" "$all_along"
    sync_links
    systemctl start "${all_along##*/}"
}
watch_links() { # into at_boot and all_along: by them the two are enabled
    watch=$etc/systemd/system
    at_boot=$watch/multi-user.target.wants/beamwright-revert@$app.service
    all_along=$watch/timers.target.wants/beamwright-lease@$app.timer
}
arm_unit() { # name text: written where it is another one
    there=
    [ ! -f "$watch/$1" ] || while IFS= read -r line; do there=$there${there:+$newline}$line; done <"$watch/$1"
    [ "$there" != "$2" ] || return 0
    : >"$run/unread"
    printf '%s\n' "$2" >"$watch/$1.new"
    sync "$watch/$1.new"
    mv -f "$watch/$1.new" "$watch/$1"
}
disarm() {
    watch_links
    [ -e "$watch/beamwright-lease@.timer" ] || return 0
    # Only then: while the timer runs, it tries again.
    rm -f "$at_boot" "$all_along" && systemctl stop --no-block "${all_along##*/}"
}
expire() { # app boot|lease: what systemd calls
    use_app "$1"
    case $2 in boot | lease) ;; *) refuse "'$2'" ;; esac
    mkdir -p "$run"
    exec 9>"$run/busy"
    # A change is on its way: the next time, then. At boot that is another app's own, and no time comes before
    # the units start.
    if [ "$2" = boot ]; then flock 9; else flock -n 9 || return 0; fi
    if [ -d "$base/undo" ] || [ -f "$base/unsettled" ]; then
        end_lease || return 0
        go_back "$2"
    fi
    [ -d "$base/undo" ] || tidy
    disarm
}
tidy() { # what a power cut leaves of a begin that had not begun, or of a confirm that had not said so
    rm -rf "$base/.undo"
    case $(linked current) in - | "$(told)") ;; *) record "confirmed $(linked current)" ;; esac
}
go_back() { # boot|lease: where that is possible
    if [ -d "$base/undo" ] && is_downgrade; then
        record "not confirmed in time; RabbitMQ can't go back to an older version: a person has to look"
        return 0
    fi
    if [ -d "$base/undo" ]; then
        record "not confirmed in time: going back"
        # That nobody has confirmed it says nothing of the release: it is not noted as one that failed.
        take_back
    fi
    settle "$1"
    rm -f "$base/unsettled"
}
end_lease() { # false while it lasts; who has looked before looks again under the lock
    guard
    uptime
    [ ! -f "$run/until" ] || [ "$up" -gt "$(cat "$run/until")" ] || return 1
    if read_lease; then
        record "the lease of $lease_text has ended"
        rm -f "$run/lease"
    fi
    (next_fence) || : # a full disk is no reason to stay
    exec 8>&-
}
is_downgrade() {
    there=$(linked current) back=$(cat "$base/undo/current")
    [ "$app" = rabbitmq ] && [ "$back" != - ] && [ "${there%-*}" != "${back%-*}" ]
}
settle() { # boot|lease: units that there are no more stop; at boot the others have not started yet
    for unit in $(units); do
        number=${unit#"$app"@} number=${number%.service}
        if [ "$unit" != "beamwright-$app.service" ] && [ ! -f "$etc/beamwright/$app/$number.env" ]; then
            stop "$app" "$unit" || :
        elif [ "$1" = lease ] && is_owed "$unit"; then
            (restart "$app" "$unit") || :
        fi
    done
}
is_owed() { # unit: does it run something else than it shall?
    is_at_work "$1" || return 0
    pid=$(property "$1" MainPID)
    [ "$(running "$pid")" = "$(linked current)" ] || return 0
    with=$(read_by "$1" 2>/dev/null <"$base/started/$1") || return 0
    [ "$(digests | read_by "$1")" != "$with" ]
}
read_by() { # unit, lines of `digests`: the files that it reads when it starts
    case $1 in
    "$app"@*)
        number=${1#"$app"@}
        grep -e '/secrets/' -e "/${number%.service}\.env\$" -e "/$app@\.service\$"
        ;;
    *) cat ;;
    esac
}

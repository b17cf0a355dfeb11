# shellcheck shell=sh

# ---- operations: a change is a unit of systemd's, which ends whatever becomes of the session ----
#
# .operations/<id>/call     id, fence, verb and arguments, a line each
# .operations/<id>/input    what the verb reads
# .operations/<id>/begun    the unit has started
# .operations/<id>/out, err what it printed
# .operations/<id>/code     its exit code: it has ended. One write: while it is empty, it is not there

begin_operation() { # id fence verb app [argument…]: the same id again is told how it ended, and nothing more
    check_token "$1"
    check_number "$2"
    changes "$3" || refuse "verb '$3' of do"
    check_arity "$3" $(($# - 3))
    for word; do check_text "$word"; done
    folder=$ops/$1
    [ -d "$folder" ] || take_in "$@"
    unit=beamwright-do-$1.service
    # Two of the same at once: systemd starts only one, and both are told the same. The start of a oneshot lasts
    # as long as what it runs; --wait would say no more, and have dbus-daemon pass on every change of the unit.
    [ -e "$folder/begun" ] || systemd-run --quiet --collect --unit="$unit" --service-type=oneshot \
        --property=TimeoutStartSec=infinity --description="Beamwright: $3 $4" "$0" perform "$1" </dev/null || :
    result "$1"
}
take_in() { # as above: all that the verb needs, whole or not at all
    new=$ops/.new-$1-$$
    trap 'blame_disk; rm -rf "$new"' EXIT
    (umask 077 && mkdir -p "$new")
    printf '%s\n' "$@" >"$new/call"
    case $3 in
    stage | install)
        for sha256; do :; done # the last argument
        check_sha256 "$sha256"
        { [ "$3" = stage ] && take_parcel "$4" "$sha256" "$new/input"; } || (umask 077 && cat >"$new/input") ||
            fail 'what was sent found no room'
        # Else the same operation may have been faster, and dropped the parcel.
        has_digest "$sha256" "$new/input" || [ -d "$folder" ] || fail 'what was sent did not arrive whole'
        ;;
    *) : >"$new/input" ;;
    esac
    # Fails when the same operation was faster.
    mv -T "$new" "$folder" 2>/dev/null || rm -rf "$new"
    trap blame_disk EXIT
    [ "$3" != stage ] || [ ! -d "$folder" ] || drop_parcel "$4" "$sha256"
}
perform() { # id: what the unit runs
    check_token "$1"
    folder=$ops/$1
    [ -f "$folder/call" ] || fail "there is no operation $1"
    : >"$folder/begun"
    exec >"$folder/out" 2>"$folder/err"
    set --
    while IFS= read -r word; do set -- "$@" "$word"; done <"$folder/call"
    # Not `( … ) || code=$?`: there, a command that fails would not end what is in the brackets.
    set +e
    (
        set -e
        alone
        demand_fence "$2"
        shift 2
        verb=$1
        shift
        "$verb" "$@" <"$folder/input"
    )
    code=$?
    set -e
    [ ! -s "$folder/input" ] || rm -f "$folder/input"
    # Before the end is told: who waits for that reads no further.
    [ "$code" -eq 0 ] || (trap blame_disk EXIT && exit "$code") || :
    printf '%s\n' "$code" >"$folder/code"
    sync "$folder/code"
    trap - EXIT
    exit "$code"
}
alone() { # one change at a time on a host; the next one waits
    [ -d "$run" ] || mkdir -p "$run"
    exec 9>"$run/busy"
    flock 9
}
demand_fence() { # fence: is it the one of the lease, and does that still run?
    if ! read_lease || [ "$lease_fence" != "$1" ] || is_over; then locked "$(lost)"; fi
    fence=$1 who=${lease_text%% *}
}
result() { # id: waits for its end, prints what it printed, ends as it ended
    check_token "$1"
    folder=$ops/$1
    while [ ! -s "$folder/code" ] && is_at_work "beamwright-do-$1.service"; do sleep 0.1; done
    [ ! -s "$folder/out" ] || cat "$folder/out" 2>/dev/null || :
    [ ! -s "$folder/err" ] || cat "$folder/err" >&2 2>/dev/null || :
    if [ -s "$folder/code" ]; then
        # What there is to say of the disk is in there.
        trap - EXIT
        read -r code <"$folder/code"
        exit "$code"
    fi
    [ -f "$folder/begun" ] || exit 3
    exit 4
}
is_at_work() { # unit
    case $(property "$1" ActiveState) in active | activating | deactivating) ;; *) false ;; esac
}
clear_operations() { # what is older than a day, and what was sent to operations that never came to their end
    [ -d "$ops" ] || return 0
    # That is looked for once an hour.
    number_in "$run/cleared"
    if [ "$number" -eq 0 ] || [ "$up" -lt "$number" ] || [ "$up" -ge $((number + 3600)) ]; then
        find "$ops" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
        printf '%s\n' "$up" >"$run/cleared" || :
    fi
    # Secrets may be in it. Not while one is at work.
    for input in "$ops/"*/input; do
        [ ! -s "$input" ] || ! (exec 9>"$run/busy" && flock -n 9) || rm -f "$input"
    done
}

# shellcheck shell=sh

# ---- the lease: one deployer at a time, for as long as it says that it lives ----
#
# /run/beamwright/lease   fence, token, end, and text for people (who, since when, why), a line each
# /run/beamwright/until   the end of the last lease: so long, what is unconfirmed may stay
#
# Ends are in seconds since boot: neither a clock that is wrong nor one that is set changes them.

uptime() { # into up
    read -r up _ <"$ROOT/proc/uptime"
    up=${up%.*}
}
guard() { # holds what follows together, until this process ends
    [ -d "$run" ] || mkdir -p "$run"
    [ -d "$opt" ] || mkdir -p "$opt"
    exec 8>"$run/guard"
    flock 8
}
read_lease() { # into lease_*; false when nobody has taken one since boot
    [ -f "$run/lease" ] || return 1
    {
        read -r lease_fence
        read -r lease_token
        read -r lease_end
        read -r lease_text
    } <"$run/lease"
}
is_over() { uptime && [ "$up" -gt "$lease_end" ]; }
write_lease() { # fence token seconds text
    uptime
    end=$((up + $3))
    printf '%s\n' "$1" "$2" "$end" "$4" >"$run/.lease"
    mv -f "$run/.lease" "$run/lease"
    printf '%s\n' "$end" >"$run/.until"
    mv -f "$run/.until" "$run/until"
}
next_fence() { # a number that was never given before, whatever happens to this host
    number_in "$opt/.fence"
    fence=$((number + 1))
    printf '%s\n' "$fence" >"$opt/.fence.new" && sync "$opt/.fence.new" &&
        mv -f "$opt/.fence.new" "$opt/.fence" && sync "$opt"
}
lock() { # app token seconds who reason: prints the fence; 5 and who it is, when somebody else is at work
    use_app "$1"
    check_token "$2"
    check_number "$3"
    check_who "$4"
    check_text "$5"
    guard
    [ -d "$base" ] || mkdir -p "$base"
    who=$4
    if read_lease && [ "$lease_token" = "$2" ]; then
        fence=$lease_fence
    else
        [ ! -f "$run/lease" ] || is_over || locked "$lease_text; the lease lasts $((lease_end - up)) s more"
        next_fence
        [ ! -f "$run/lease" ] || record "took over from $lease_text: that lease has ended"
        record "began $5"
    fi
    [ -f "$run/machine" ] || note_machine
    write_lease "$fence" "$2" "$3" "$4 since ${recorded:-$(now)}: $5"
    clear_operations
    say "$fence"
}
note_machine() { # unless systemctl could not say it just now
    machine >"$run/.machine"
    [ -z "$version" ] || mv -f "$run/.machine" "$run/machine"
}
renew() { # token seconds
    check_token "$1"
    check_number "$2"
    guard
    { read_lease && [ "$lease_token" = "$1" ] && ! is_over; } || locked "$(lost)"
    write_lease "$lease_fence" "$1" "$2" "$lease_text"
}
lost() { # why a deployer may not go on
    if read_lease && ! is_over; then echo "the lease is now of $lease_text"; else echo 'the lease has ended'; fi
}
unlock() { # app token outcome: the holder's own lease; any other one stays
    use_app "$1"
    check_token "$2"
    check_text "$3"
    guard
    if read_lease && [ "$lease_token" = "$2" ]; then
        fence=$lease_fence who=${lease_text%% *}
        record "ended $3" || : # a full disk is no reason to keep the lock
        rm -f "$run/lease"
    fi
}
release_lock() { # app: whoever holds it; what is unconfirmed stays for as long as the lease would have lasted
    use_app "$1"
    guard
    if read_lease; then
        fence=$lease_fence who=${lease_text%% *}
        record 'ended: the lock was released by hand' || : # as above
        rm -f "$run/lease"
    fi
}

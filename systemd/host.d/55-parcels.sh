# shellcheck shell=sh

# ---- parcels: what is large is sent ahead of its operation, and goes on from where a connection was lost ----
#
# .operations/.parcels-<app>/<sha256>         one that has arrived; the next `do` of stage that wants it takes it
# .operations/.parcels-<app>/<sha256>.<any>   what a session has brought of it
#
# There is one parcel of an app: the next takes its place, and what nobody takes goes at a lock a day later. Each
# session writes into a file of its own: one that the network has not given up yet does not disturb the next.

parcels_of() { # app: into parcels
    use_app "$1"
    parcels=$ops/.parcels-$app
}
most_of() { # sha256: size and path of the most that is here of that parcel
    find "$parcels" -type f -name "$1*" -printf '%s %p\n' 2>/dev/null | sort -n | tail -n 1
}
arrived() { # app sha256: so many bytes of that parcel are here
    parcels_of "$1"
    check_sha256 "$2"
    # After a power cut it may be as long as it was, and hold something else.
    [ ! -f "$parcels/$2" ] || has_digest "$2" "$parcels/$2" || rm -f "$parcels/$2"
    most=$(most_of "$2")
    [ -n "$most" ] || most=0
    say "${most%% *}"
}
send() { # fence app sha256 from size, on standard input the bytes from there on: as far as they come
    check_number "$1"
    parcels_of "$2"
    check_sha256 "$3"
    check_number "$4"
    check_number "$5"
    [ "$4" -le "$5" ] || refuse "a parcel of $5 bytes from byte $4 on"
    demand_fence "$1"
    # The deployer's lock makes the folder of the project; a first RabbitMQ has none yet.
    [ -d "$base" ] || [ "$app" = rabbitmq ] || refuse "a parcel of '$app', which is no app here"
    (umask 077 && mkdir -p "$parcels")
    there=$(most_of "$3")
    part=$(mktemp "$parcels/$3.XXXXXX")
    if [ "$4" -gt 0 ]; then
        [ -n "$there" ] || spoil 'before is gone'
        # What was there stays until this is done: for so long it takes its room twice.
        head -c "$4" "${there#* }" >"$part" || spoil 'before found no room a second time'
    fi
    find "$parcels" -type f ! -path "$part" -exec rm -f {} +
    head -c $(($5 - $4)) >>"$part" || spoil 'found no room'
    [ "$(stat -c %s "$part")" -eq "$5" ] || fail 'what was sent did not arrive whole'
    has_digest "$3" "$part" || spoil 'did not arrive whole'
    mv -f "$part" "$parcels/$3"
}
spoil() { # why: what is here of it is of no use to the next session
    rm -f "$part"
    fail "what was sent $1"
}
take_parcel() { # app sha256 file: a parcel that has arrived is that file too; the same `do` may come again
    parcels_of "$1"
    [ -f "$parcels/$2" ] && ln "$parcels/$2" "$3"
}
drop_parcel() { # app sha256: its operation has it
    parcels_of "$1"
    [ ! -f "$parcels/$2" ] || rm -f "$parcels/$2"
}

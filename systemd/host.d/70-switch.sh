# shellcheck shell=sh

# ---- switch, and the way back ----
#
# undo/current, undo/previous   releases before, or -
# undo/list                     the paths that belonged to the app
# undo/files/<path>             files that were changed since, as they were
# undo/absent                   files that were not there
#
# What leads back is on the disk before what it leads back from.

begin() { # remembers how things are, once: a second try after a broken one still leads back to the confirmed state
    [ ! -d "$base/undo" ] || return 0
    arm
    [ ! -e "$base/.undo" ] || rm -rf "$base/.undo"
    (umask 077 && mkdir -p "$base/.undo/files")
    linked current >"$base/.undo/current"
    linked previous >"$base/.undo/previous"
    : >"$base/.undo/absent"
    if [ -f "$base/files" ]; then cp "$base/files" "$base/.undo/list"; else : >"$base/.undo/list"; fi
    sync "$base/.undo/"* "$base/.undo"
    mv -T "$base/.undo" "$base/undo"
    sync "$base"
}
remember() { # path: keeps the file as it is now, unless an older one is kept
    saved=$base/undo/files$1
    [ ! -e "$saved" ] || return 0
    ! grep -qxF "$1" "$base/undo/absent" || return 0
    if [ -e "$ROOT$1" ]; then
        mkdir -p "${saved%/*}"
        cp -p "$ROOT$1" "$saved.part"
        sync "$saved.part"
        mv -f "$saved.part" "$saved"
        flush "$saved"
    else
        printf '%s\n' "$1" >>"$base/undo/absent"
        sync "$base/undo/absent"
    fi
}
switch() { # app id [unit]: with a unit, says "switched" and restarts that (see: restart)
    use_app "$1"
    check_id "$2"
    [ $# -eq 2 ] || check_unit "$3"
    [ -d "$base/manifests/$2" ] || fail "$app $2 is not on this host"
    is_as_staged "$2" || verify_tree "$base/releases/$2" "$base/manifests/$2/files" || {
        damage_all
        exit 1
    }
    begin
    read -r before <"$base/undo/current"
    if [ "$before" = "$2" ]; then link previous "$(cat "$base/undo/previous")"; else link previous "$before"; fi
    link current "$2"
    sync "$base"
    record "switched to $2 from $before"
    [ $# -eq 3 ] || return 0
    say switched
    demand_fence "$fence"
    restart "$1" "$3"
}
is_as_staged() { # release: this roll-out has verified it just now, and nobody has touched a file of it since
    [ -f "$run/staged-$app" ] && read -r when noted <"$run/staged-$app" || return 1
    uptime
    [ $((up - when)) -le 120 ] && [ "$noted" = "$fence $1 $(traces "$base/releases/$1")" ]
}
install() { # app sha256, a tar on standard input: `files` (lines: mode owner group path) and root/<path>
    use_app "$1"
    new=$base/.incoming
    mkdir -p "$base"
    rm -rf "$new"
    trap 'rm -rf "$new"' EXIT
    mkdir -m 700 "$new"
    tar -xf - -C "$new" -o
    while read -r mode owner group path; do
        check_path "$path"
        case $mode$owner$group in *[!a-z0-9_-]*) refuse "owner or mode of $path" ;; esac
        { [ -f "$new/root$path" ] && [ ! -L "$new/root$path" ]; } || refuse "no content of $path"
    done <"$new/files"
    begin
    : >"$run/unread"
    cut -d' ' -f4 <"$new/files" >"$new/paths"
    # Users first: other files may belong to them.
    grep '/sysusers\.d/' "$new/files" | install_each
    users=$etc/sysusers.d/beamwright-$app.conf
    [ ! -f "$users" ] || systemd-sysusers "$users"
    grep -v '/sysusers\.d/' "$new/files" | install_each
    drop_except "$new/paths"
    reload
    replace_list "$new/paths"
    record 'installed files'
}
install_each() { # lines of `files`: writes those that differ
    while read -r mode owner group path; do
        same "$new/root$path" "$mode" "$owner:$group" "$ROOT$path" || {
            remember "$path"
            put "$new/root$path" "$mode" "$owner:$group" "$ROOT$path"
            say "changed $path"
        }
    done
}
same() { # source mode owner:group path
    [ -f "$4" ] && cmp -s "$1" "$4" && [ "$(stat -c '%a %U:%G' "$4")" = "${2#0} $3" ]
}
put() { # source mode owner:group path: whole or not at all
    folder=${4%/*}
    part=$folder/.beamwright-new
    mkdir -p "$folder"
    case $folder in */secrets) chmod 700 "$folder" ;; esac
    (umask 077 && cp "$1" "$part")
    [ "$(stat -c %U:%G "$part")" = "$3" ] || chown "$3" "$part"
    chmod "$2" "$part"
    sync "$part"
    mv -f "$part" "$4"
    flush "$4"
}
take_away() { # path
    [ -e "$ROOT$1" ] || return 0
    rm -f "$ROOT$1"
    sync "$ROOT${1%/*}"
}
replace_list() { # file: the paths that belong to the app from now on
    cp "$1" "$base/.files"
    sync "$base/.files"
    mv -f "$base/.files" "$base/files"
    sync "$base"
}
drop_except() { # list: removes the app's files that are not in it
    [ -f "$base/files" ] || return 0
    grep -vxFf "$1" "$base/files" | while read -r path; do
        check_path "$path"
        remember "$path"
        take_away "$path"
        say "removed $path"
    done
}
reload() { # has systemd take up the files, whether they changed now or just before a crash
    tmpfiles=$etc/tmpfiles.d/beamwright-$app.conf
    [ ! -f "$tmpfiles" ] || systemd-tmpfiles --create "$tmpfiles"
    reload_units
}
reload_units() { # run/unread is there from before the first file changes until this: gone at a reboot, as the need
    systemctl daemon-reload
    rm -f "$run/unread" "$run/looked-$app"
}
reload_for() { # unit: before it starts, where what systemd has read of it is not what is there
    if [ ! -e "$run/unread" ]; then
        looked || reload=$(property "$1" NeedDaemonReload)
        [ "$reload" = yes ] || return 0
    fi
    reload_units
}
revert() { # app: takes back what was tried; it counts as failed until it is confirmed
    use_app "$1"
    [ -d "$base/undo" ] || return 0
    tried=$(linked current)
    take_back
    [ "$tried" = "$back" ] || note_failed "$tried"
    say "$back"
}
take_back() { # files and links as they were; the units are the caller's next concern
    undo=$base/undo
    : >"$run/unread"
    (cd "$undo/files" && find . -type f ! -name '*.part') | sed 's/^\.//' | while read -r path; do
        check_path "$path"
        folder=$ROOT${path%/*}
        mkdir -p "$folder"
        cp -p "$undo/files$path" "$folder/.beamwright-new"
        sync "$folder/.beamwright-new"
        mv -f "$folder/.beamwright-new" "$ROOT$path"
        flush "$ROOT$path"
    done
    back=$(cat "$undo/current")
    # Without a release to go back to, units stop while their files are still there.
    [ "$back" != - ] || for unit in $(units); do stop "$app" "$unit"; done
    while read -r path; do
        check_path "$path"
        take_away "$path"
    done <"$undo/absent"
    replace_list "$undo/list"
    reload
    link current "$back"
    link previous "$(cat "$undo/previous")"
    sync "$base"
    record "reverted to $back"
    # The switch stays armed: a caller that dies now owes the units a restart.
    : >"$base/unsettled"
    sync "$base"
    forget
}

# shellcheck shell=sh

# ---- arguments ----

use_app() {
    case $1 in '' | *[!a-z0-9_-]* | [!a-z]* | host | *-) refuse "app '$1'" ;; esac
    [ "${#1}" -le 64 ] || refuse "app '$1'"
    app=$1
    base=$opt/$app
}
check_id() {
    case $1 in '' | *[!A-Za-z0-9.+_-]* | [!A-Za-z0-9]* | *..*) refuse "release '$1'" ;; esac
    [ "${#1}" -le 128 ] || refuse "release '$1'"
}
check_token() { # a deployer's or an operation's own name
    case $1 in *[!a-z0-9-]* | -* | *-) refuse "token '$1'" ;; esac
    if [ "${#1}" -lt 8 ] || [ "${#1}" -gt 64 ]; then refuse "token '$1'"; fi
}
check_sha256() {
    case $1 in *[!0-9a-f]*) refuse "sha256 '$1'" ;; esac
    [ "${#1}" -eq 64 ] || refuse "sha256 '$1'"
}
check_number() {
    case $1 in '' | *[!0-9]* | 0?* | ??????????*) refuse "number '$1'" ;; esac
}
check_unit() {
    case $1 in
    "$app"@*.service)
        number=${1#"$app"@}
        number=${number%.service}
        case $number in '' | *[!0-9]* | ?????*) refuse "unit '$1' of $app" ;; esac
        ;;
    "beamwright-$app.service") ;;
    *) refuse "unit '$1' of $app" ;;
    esac
}
check_who() {
    case $1 in '' | *[!A-Za-z0-9@._+-]*) refuse "holder '$1'" ;; esac
    [ "${#1}" -le 128 ] || refuse "holder '$1'"
}
check_text() {
    case $1 in '' | *[![:print:]]*) refuse 'text that is not one printable line' ;; esac
    [ "${#1}" -le 200 ] || refuse 'a text longer than 200 characters'
}
check_path() {
    case $1 in *[!A-Za-z0-9@._/+-]* | *..* | */ | *//*) refuse "path '$1'" ;; esac
    case $1 in
    "/etc/beamwright/$app/"* | "/etc/systemd/system/$app@.service" | "/etc/systemd/system/$app.target" | \
        "/etc/systemd/system/$app.slice" | "/etc/systemd/system/beamwright-$app".* | \
        "/etc/sysusers.d/beamwright-$app.conf" | "/etc/tmpfiles.d/beamwright-$app.conf") ;;
    *) refuse "path '$1' of $app" ;;
    esac
}

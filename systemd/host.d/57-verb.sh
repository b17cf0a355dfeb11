# shellcheck shell=sh

# ---- the verb ----

changes() { # whether a verb changes a host, and so needs a lease and a unit of its own
    case $1 in stage | install | switch | restart | stop | revert | confirm | prune) ;; *) false ;; esac
}
check_arity() { # verb count
    case $1 in
    facts) set -- "$1" "$2" 0 8 ;;
    status | history | members | users | critical | result | perform | release-lock | upgrade-helper) set -- "$1" "$2" 1 1 ;;
    revert) set -- "$1" "$2" 1 1 ;;
    manifest | check | arrived | rpc | console | renew | expire) set -- "$1" "$2" 2 2 ;;
    switch | confirm) set -- "$1" "$2" 2 3 ;;
    install | prune | restart | stop | image) set -- "$1" "$2" 2 2 ;;
    unlock) set -- "$1" "$2" 3 3 ;;
    lock | stage | send) set -- "$1" "$2" 5 5 ;;
    log) set -- "$1" "$2" 4 70 ;;
    do) set -- "$1" "$2" 4 8 ;;
    *) refuse "verb '$1'" ;;
    esac
    if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then refuse "$1 with $2 arguments"; fi
}
[ $# -gt 0 ] || refuse 'no verb'
verb=$1
shift
check_arity "$verb" $#
! changes "$verb" || refuse "'$verb' without do"
case $verb in
do) verb=begin_operation ;;
release-lock) verb=release_lock ;;
upgrade-helper) verb=upgrade_helper ;;
esac
trap blame_disk EXIT

# A shell reads a file as far as it has come: these need nothing of what is below, two thirds of it. What comes
# by standard input is read whole: who sends it would else be told of a lost connection.
case $0 in
*/*) case $verb in
    facts | status | manifest | lock | renew | unlock | begin_operation | result | send | arrived)
        "$verb" "$@"
        exit
        ;;
    esac ;;
esac

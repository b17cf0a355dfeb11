#!/bin/sh
# The one thing of Beamwright's own on a host: every change and every look goes through these verbs, run as
# root, directly or by `sudo -n`. Each argument is checked against a pattern before it is used. Installed whole:
# systemd/host.d/*.sh one after the other.
#
# /opt/beamwright/host                 this file
# /opt/beamwright/.fence               the last fence that was given (see: the lease)
# /opt/beamwright/.operations/<id>/    what was asked, printed and how it ended (see: operations)
# /opt/beamwright/<app>/               an app is the project, or rabbitmq
#     releases/<id>/                   complete trees; built beside as .staging-<id>, verified, renamed into place
#     manifests/<id>/                  what each of them holds, file by file, and who signed that
#                                      (a release is a tree, or the layout of an image: see image)
#     current -> releases/<id>         the commit; RootDirectory= of the units
#     previous -> releases/<id>        what was confirmed before
#     undo/                            there while a roll-out is not confirmed: how it was before (see begin)
#     counter                          the highest of what was confirmed: nothing older is staged
#     failed                           the releases that were taken back
#     unsettled                        it went back, and units may still run what they ran (see: dead-man)
#     files                            the paths under /etc that belong to the app
#     started/<unit>                   sha256 of those files when the unit was last started
#     journal                          one line for every change: when, fence, who, what
# /etc/beamwright/allowed_signers      whose releases this host takes; without it, anybody's (see: stage)
# /etc/beamwright/environment          which ones, by what they were built for
# /run/beamwright/                     who is at work, and until when: gone at a reboot (see: the lease)
#     staged-<app>                     when, fence, release and traces of what was verified last (see: stage)
#     unread                           files of units have changed, and systemd has not read them (see: switch)
#     looked-<app>                     when its units were looked at, and how they were (see: note)
#     whole-<app>                      not empty: the last line of its journal is whole (see: record)
#     cleared                          when old operations were looked for, in seconds since boot
#     machine                          what facts tell of it, asked once a boot (see: lock)
#
# Under sudo the environment is sudo's (env_reset); nothing but TERM is taken from it here.
# Exit codes: 0 done, 1 failed, 2 refused: a bad argument or archive, 3 there was no such operation,
# 4 an operation that was broken off, 5 the lease is somebody else's.
set -eu

ROOT=
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 022

opt=$ROOT/opt/beamwright
etc=$ROOT/etc
run=$ROOT/run/beamwright
ops=$opt/.operations
tab='	'
newline='
'
tree=
fence=0
recorded=
synced=
who=host

# A session that is gone must not end a change halfway: no SIGHUP, no SIGPIPE, and printing may fail.
trap '' HUP PIPE
say() { printf '%s\n' "$*" 2>/dev/null || :; }
fail() {
    say "host: $*" >&2
    exit 1
}
refuse() {
    say "host: refused: $*" >&2
    exit 2
}
locked() {
    say "$*"
    exit 5
}

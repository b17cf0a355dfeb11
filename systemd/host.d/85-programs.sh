# shellcheck shell=sh

# ---- programs of a release, run beside it: in the same root, as the same user, with its cookie ----

inside() { # user option… -- program argument…
    user=$1
    shift
    exec systemd-run --quiet --collect --wait --service-type=exec --property="User=$user" \
        --property="RootDirectory=$base/root" --property="BindReadOnlyPaths=${tree:-$base/current}:/" \
        --property='BindReadOnlyPaths=-/etc/hosts -/etc/resolv.conf' --property=MountAPIVFS=yes \
        --property=TemporaryFileSystem=/var:ro --property=PrivateTmp=yes --property=NoNewPrivileges=yes "$@"
}
beside() { # app number pipe|pty entry: a second VM beside a node, to talk to it (beamwright_rpc)
    use_app "$1"
    check_number "$2"
    env=$etc/beamwright/$app/$2.env
    [ -f "$env" ] || fail "$app has no such node here"
    node=$2 shape=$3 entry=$4 tree=$base/current
    ! is_image "$tree" || tree=$(root_of "$app-$node")
    release=$tree/app/release.env
    version=$(sed -n 's/^RELEASE_VSN=//p' "$release")
    code=$(cd "$tree/app/lib" && ls -d beamwright_node-*)
    set -- /app/bin/erlexec -boot "/app/releases/$version/start_clean" -boot_var RELEASE_LIB /app/lib \
        -pa "/app/lib/$code/ebin" -noshell -nocookie -start_epmd false -epmd_module beamwright_epmd \
        -s beamwright_rpc "$entry"
    if is_image "$base/current"; then
        inside_image "$shape" "$app-$node" "$@"
    else
        inside "$app" "--$shape" --setenv="TERM=${TERM:-xterm}" --property="EnvironmentFile=$release" \
            --property="EnvironmentFile=$env" \
            --property="LoadCredential=cookie:$etc/beamwright/$app/secrets/cookie" -- "$@"
    fi
}
rpc() { # app number, an expression on standard input
    beside "$1" "$2" pipe main
}
console() { # app number, on a terminal
    trap - HUP PIPE
    beside "$1" "$2" pty shell
}
members() { # rabbitmq: its cluster as RabbitMQ sees it, JSON
    use_app "$1"
    rabbitmq rabbitmqctl --formatter json cluster_status
}
users() { # rabbitmq: who may log in, JSON
    use_app "$1"
    rabbitmq rabbitmqctl --formatter json list_users
}
critical() { # rabbitmq: 0 when every queue keeps its majority without this one, else another number, and why
    use_app "$1"
    # One that does not answer keeps no majority up.
    (rabbitmq rabbitmq-diagnostics ping) >/dev/null 2>&1 || {
        say '0 it does not answer'
        return 0
    }
    code=0
    said=$( (rabbitmq rabbitmq-diagnostics check_if_node_is_quorum_critical) 2>&1) || code=$?
    say "$code $(printf '%s' "$said" | tr '\n' ' ' | cut -c1-300)"
}
rabbitmq() { # program argument…: one of RabbitMQ's own command line
    program=$1
    shift
    inside "beamwright-$app" --pipe --property="BindReadOnlyPaths=$etc/beamwright/$app/config:/etc/$app" \
        --property="StateDirectory=beamwright/$app" --property=StateDirectoryMode=0700 \
        --property=RuntimeMaxSec=180 --setenv="HOME=/var/lib/beamwright/$app" -- \
        "/usr/lib/rabbitmq/bin/$program" --quiet "$@" </dev/null
}

# shellcheck shell=sh

# ---- releases that are images: podman's to run, from a layout that is kept here ----
#
# releases/<id>/oci-layout, index.json, blobs/sha256/…   as github.com/opencontainers/image-spec has them
# manifests/<id>/image                                   podman's id of it
# releases/<id>/.image                                   the same of a damaged one, until it is mended or pruned
#
# The layout is staged, verified and kept like any tree, so a layer that the base has is not sent again, and an
# image that podman has lost comes back from it.

is_image() { [ -f "$1/oci-layout" ]; } # folder of a release
podman() { # no events: each would be a line in the journal of the node
    command podman --events-backend=none "$@"
}
take_image() ( # folder of a release: podman has its image, whose id is printed
    # An id holds what the name of an image may not, and podman names an image after its path.
    mkdir -p "$run/images"
    exec 7>"$run/images/.lock"
    flock 7
    ln -sfn "$1" "$run/images/$app"
    podman pull --quiet "oci:$run/images/$app"
)
fetch_blobs() { # release base: into the layout that is staged, the blobs that it lacks; they are verified later
    # Not what tells skopeo where to write, and what to fetch.
    index=$(sed -n "s/^f [^ ]* [^ ]* \([0-9a-f]*\)${tab}index\.json\$/\1/p" "$new/manifest/files")
    { [ -z "$(find "$staging" ! -type d ! -type f -print -quit)" ] && [ -f "$staging/index.json" ] &&
        has_digest "$index" "$staging/index.json"; } || spoilt "$1" "$2"
    {
        read -r repository
        read -r way
        read -r auth
        read -r ca
    } <"$new/source"
    case $repository in '' | -* | *[!A-Za-z0-9._:/-]*) refuse "repository '$repository'" ;; esac
    digest=$(sed -n 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/p' "$staging/index.json")
    check_sha256 "${digest#sha256:}"
    set --
    case $way in
    tls) ;;
    plain) set -- --src-tls-verify=false ;;
    *) refuse "'$way'" ;;
    esac
    if [ "$auth" = - ]; then
        set -- "$@" --src-no-creds
    else
        printf '%s' "$auth" | base64 -d >"$new/auth.json"
        set -- "$@" "--src-authfile=$new/auth.json"
    fi
    if [ "$ca" != - ]; then
        mkdir "$new/certs"
        printf '%s' "$ca" | base64 -d >"$new/certs/ca.crt"
        set -- "$@" "--src-cert-dir=$new/certs"
    fi
    # skopeo writes both anew, into the files themselves: the base has the same inodes.
    mv "$staging/index.json" "$staging/oci-layout" "$new"
    skopeo copy --quiet --preserve-digests "$@" "docker://$repository@$digest" "oci:$staging" >&2 ||
        fail "skopeo could not get $repository@$digest, as it says above; if it is not there: has it been pushed?"
    mv -f "$new/index.json" "$new/oci-layout" "$staging"
}
stage_image() { # release: what is staged is podman's too before it gets its name
    take_image "$staging" >"$new/manifest/image" || fail "podman does not take the image of $app $1"
    sync -f "$(podman info --format '{{.Store.GraphRoot}}')"
}
drop_image() { # release, file with podman's id of it: unless nodes may start from it, or another one is the same
    [ -s "$2" ] || return 0
    case $(needed) in *" $1 "*) return 0 ;; esac
    for other in "$base/manifests/"*/image; do
        [ "$other" = "$2" ] || ! cmp -s "$other" "$2" || return 0
    done
    podman rmi "$(cat "$2")" >/dev/null || :
}
image() { # app number: what the unit of a node calls before podman, for which it writes down what to run
    use_app "$1"
    check_number "$2"
    release=$(linked current)
    is_image "$base/releases/$release" || fail "$app $release is no image: deploy one"
    # Not by way of the lock where that can be: a stage has it for as long as podman takes another image.
    taken=$(cat "$base/manifests/$release/image" 2>/dev/null || :)
    { [ -n "$taken" ] && podman image exists "$taken"; } || taken=$(take_image "$base/releases/$release")
    mkdir -p "$run"
    printf 'RELEASE=%s\nIMAGE=%s\nOWNER=%s:%s\n' "$release" "$taken" "$(id -u "$app")" "$(id -g "$app")" \
        >"$run/.$app@$2.env"
    mv -f "$run/.$app@$2.env" "$run/$app@$2.env"
}
root_of() { # container: the root that its node sees
    pid=$(podman inspect --format '{{.State.Pid}}' "$1" 2>/dev/null </dev/null) || {
        say "host: $1 does not run" >&2
        exit 4 # as beamwright_rpc has it
    }
    printf '%s\n' "$ROOT/proc/$pid/root"
}
inside_image() { # pipe|pty container program argument…: beside the node, with its environment and credentials
    shape=$1
    shift
    case $shape in
    pipe) set -- --interactive "$@" ;;
    pty) set -- --interactive --tty --env="TERM=${TERM:-xterm}" "$@" ;;
    esac
    exec podman --events-backend=none exec "$@"
}

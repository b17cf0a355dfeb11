# shellcheck shell=sh

# ---- releases that are images: podman's to run, from a layout that is kept here ----
#
# releases/<id>/oci-layout, index.json, blobs/sha256/…   as github.com/opencontainers/image-spec has them
# manifests/<id>/image                                   podman's id of it
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
fetch_blobs() { # into the layout that is staged, those that it lacks: whose they are is verified with all else
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
        fail "$repository@$digest can't be had: has it been pushed?"
    mv -f "$new/index.json" "$new/oci-layout" "$staging"
}
stage_image() { # release: what is staged is podman's too before it gets its name
    take_image "$staging" >"$new/manifest/image" || fail "podman does not take the image of $app $1"
    sync -f "$(podman info --format '{{.Store.GraphRoot}}')"
}
drop_image() { # release: unless another one is the same image
    [ -f "$base/manifests/$1/image" ] || return 0
    taken=$(cat "$base/manifests/$1/image")
    [ "$(cat "$base/manifests/"*/image | grep -cxF -e "$taken")" -gt 1 ] || podman rmi "$taken" >/dev/null || :
}
image() { # app number: what the unit of a node calls before podman, for which it writes down what to run
    use_app "$1"
    check_number "$2"
    release=$(linked current)
    is_image "$base/releases/$release" || fail "$app $release is no image: deploy one"
    taken=$(take_image "$base/releases/$release")
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

# shellcheck shell=sh

# ---- what is kept: put into its place, mended there, given up when it is damaged or too old ----

publish() { # release: from .staging and .incoming into place; there is never a manifest without its tree
    # A tree without a manifest is a damaged one, or one whose manifest did not come to the disk any more.
    if [ -d "$base/releases/$1" ]; then mend "$1"; else mv -T "$staging" "$base/releases/$1"; fi
    sync "$base/releases" "$new/manifest/"* "$new/manifest"
    mv -T "$new/manifest" "$base/manifests/$1"
    sync "$base/manifests"
}
mend() { # release: its tree becomes what .staging is, file by file: current may lead to it, and nodes run from it
    damaged=$base/releases/$1
    chown -Rh "$(id -u):$(id -g)" "$damaged"
    # What is in the way goes first: another kind of file, or none that is wanted.
    sed "s/^\(.\) [^$tab]*$tab/\1 /" "$new/manifest/files" | sort >"$new/wanted"
    find "$damaged" -mindepth 1 -printf '%y %P\n' | sort | comm -23 - "$new/wanted" | cut -c3- | tr '\n' '\0' |
        (cd "$damaged" && xargs -0r rm -rf --)
    # mv(1) refuses to move one hard link over another of the same file or symlink: the base's are in both trees.
    find "$damaged" ! -type d -printf '%i %P\n' | sort >"$new/inodes"
    find "$staging" ! -type d -printf '%i %P\n' | sort | comm -12 - "$new/inodes" | cut -d' ' -f2- |
        tr '\n' '\0' | (cd "$staging" && xargs -0r rm -f --)
    find "$staging" -type d -printf '%P\n' | sort | while IFS= read -r path; do
        mkdir -p "$damaged/$path"
        find "$staging/$path" -mindepth 1 -maxdepth 1 ! -type d -exec mv -f -t "$damaged/$path" -- {} +
        chmod --reference="$staging/$path" "$damaged/$path"
    done
    verify_tree "$damaged" "$new/manifest/files" || fail "$app $1 could not be mended"
    sync -f "$damaged"
    rm -rf "$staging"
}
damage_all() { # a file that is the same in several releases is one inode: with one of them others may be damaged
    for id in $(releases); do
        verify_tree "$base/releases/$id" "$base/manifests/$id/files" || damage "$id"
    done
}
damage() { # release: it counts as one no longer; staged again, it comes whole
    case $(needed) in
    # Its nodes may start from the image: prune drops it, with what is left of the release.
    *" $1 "*) cp "$base/manifests/$1/image" "$base/releases/$1/.image" 2>/dev/null || : ;;
    *) drop_image "$1" "$base/manifests/$1/image" ;;
    esac
    drop_manifest "$1"
    record "damaged $1"
    say "host: $app $1 is damaged on this host: it is no longer used" >&2
}
drop_manifest() { # release [path…]: in one step, so that half of one is none; and then those paths
    [ ! -e "$base/manifests/.old" ] || rm -rf "$base/manifests/.old"
    mv -T "$base/manifests/$1" "$base/manifests/.old"
    sync "$base/manifests"
    shift
    rm -rf "$base/manifests/.old" "$@"
}
needed() { # the releases that stay: current, previous and the way back, each between two blanks
    back=
    [ ! -f "$base/undo/current" ] || read -r back <"$base/undo/current" || :
    printf ' %s %s %s \n' "$(linked current)" "$(linked previous)" "$back"
}
prune() { # app keep: the oldest releases beyond `keep`, never one that is needed
    use_app "$1"
    check_number "$2"
    for folder in "$base/releases/.staging-"*; do [ ! -e "$folder" ] || rm -rf "$folder"; done
    kept=$(needed) count=0
    for folder in "$base/releases/"*; do
        case $kept in *" ${folder##*/} "*) count=$((count + 1)) ;; esac
    done
    # shellcheck disable=SC2012 # stage has checked every name
    ls -1t "$base/releases" | while read -r id; do
        case $kept in *" $id "*) continue ;; esac
        count=$((count + 1))
        [ "$count" -gt "$2" ] || continue
        drop_image "$id" "$base/manifests/$id/image"
        drop_image "$id" "$base/releases/$id/.image"
        gone=${base:?}/releases/$id
        if [ -d "$base/manifests/$id" ]; then drop_manifest "$id" "$gone"; else rm -rf "$gone"; fi
        record "pruned $id"
        say "$id"
    done
}

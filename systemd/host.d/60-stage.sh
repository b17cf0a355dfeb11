# shellcheck shell=sh

# ---- stage: touches nothing that runs ----
#
# What is sent is a tar of
#   manifest.json.gz    the new release's, as beamwright/artifact/manifest.py writes it
#   manifest.json.sig   the signature over it; empty when nobody signed
#   tree.tar.gz         its files; where a release that is here has most of them, only those that it lacks
#   source              where the blobs of an image are to be had that are not among them; else empty
# and what is kept of it, in manifests/<id>/: manifest.json, its signature, and `files`, a line each:
# `type mode size content<TAB>path`, of which the release's digest is the sha256.

stage() { # app release base|- newer|older-too sha256: base is a release that is here, - has everything sent
    use_app "$1"
    check_id "$2"
    [ "$3" = - ] || check_id "$3"
    case $4 in newer | older-too) ;; *) refuse "'$4'" ;; esac
    [ ! -d "$base/manifests/$2" ] || return 0
    [ "$3" = - ] || [ -d "$base/manifests/$3" ] || fail "$app $3 is not on this host"
    staging=$base/releases/.staging-$2
    new=$base/.incoming
    trap clear_incoming EXIT
    { [ ! -e "$staging" ] && [ ! -e "$new" ]; } || clear_incoming
    { [ -d "$base/releases" ] && [ -d "$base/manifests" ]; } || mkdir -p "$base/releases" "$base/manifests"
    # shellcheck disable=SC2174 # the umask is for the other one
    (umask 077 && mkdir -p -m 755 "$new/manifest")
    unpack_sent
    read_manifest "$new"
    case $2 in "$manifest_version-$(printf %.12s "$manifest_digest")") ;; *) refuse "the manifest of $2" ;; esac
    demand_trust "$4"
    check_contents "$new/tree.tar.gz" "$new/manifest/files"
    check_room
    lay "$3" "$staging" "$new/manifest/files"
    tar -xzpf "$new/tree.tar.gz" -C "$staging" -o
    chmod 755 "$staging"
    [ ! -s "$new/source" ] || fetch_blobs "$2" "$3"
    uptime
    verify_tree "$staging" "$new/manifest/files" "$new/traces" || spoilt "$2" "$3"
    noted="$up $fence $2 $(sha256sum <"$new/traces")"
    ! is_image "$staging" || stage_image "$2"
    touch "$staging"
    sync -f "$staging"
    publish "$2"
    record "staged $2"
    printf '%s\n' "$noted" >"$run/staged-$app"
}
clear_incoming() { # what was sent, and the image that podman has taken of it before something failed
    drop_image "${staging##*/.staging-}" "$new/manifest/image"
    rm -rf "$staging" "$new"
}
unpack_sent() { # the four files, and nothing that only looks like one
    tar -xf - -C "$new" -o manifest.json.gz manifest.json.sig tree.tar.gz source
    for file in manifest.json.gz manifest.json.sig tree.tar.gz source; do
        { [ -f "$new/$file" ] && [ ! -L "$new/$file" ]; } || refuse "$file that is no file"
    done
}
read_manifest() { # folder of what was sent: what is to be kept in manifest/, what it says in manifest_*
    gzip -dc "$1/manifest.json.gz" >"$1/manifest/manifest.json"
    [ ! -s "$1/manifest.json.sig" ] || cp "$1/manifest.json.sig" "$1/manifest/"
    # What is read wrongly here has another digest.
    true >"$1/manifest/files"
    head=$(awk -v files="$1/manifest/files" '
        {
            end = index($0, ",\"files\":[[")
            print substr($0, 1, end - 1)
            count = split(substr($0, end + 11, length($0) - end - 13), entries, /\],\[/)
            for (number = 1; number <= count; number++) {
                quoted = gsub(/\\"/, "\001", entries[number])
                split(entries[number], part, "\"")
                line = part[6] " " part[4] " " substr(part[7], 2, length(part[7]) - 2) " " part[8] "\t" part[2]
                if (quoted) gsub(/\001/, "\"", line)
                print line >files
            }
        }
    ' "$1/manifest/manifest.json")
    read_values
    has_digest "$manifest_digest" "$1/manifest/files" || refuse 'a manifest of another digest'
}
read_values() { # head, what is before the files: into manifest_*; its keys are in one order, and no quote in a
    # value stands alone
    value_of name && manifest_name=$value
    value_of version && manifest_version=$value
    value_of digest && manifest_digest=$value
    value_of environment && manifest_environment=$value
    case $head in *',"counter":'[0-9]*) manifest_counter=${head#*,\"counter\":} ;; *) manifest_counter=0 ;; esac
    manifest_counter=${manifest_counter%%[!0-9]*}
    check_sha256 "$manifest_digest"
}
value_of() { # key: its text in head, into value
    value=
    case $head in *"\"$1\":\""*) value=${head#*"\"$1\":\""} ;; esac
    value=${value%%\"*}
}
demand_trust() { # newer|older-too: signed by whom this host trusts, for this app and environment, and not outdated
    [ "$manifest_name" = "$app" ] || refuse "a release of $manifest_name for $app"
    here=''
    [ ! -f "$etc/beamwright/environment" ] || read -r here <"$etc/beamwright/environment" || :
    [ -z "$here" ] || case $manifest_environment in
    '' | "$here") ;;
    *) refuse "a release for $manifest_environment: this host is $here" ;;
    esac
    [ ! -f "$etc/beamwright/allowed_signers" ] || demand_signature "$new/manifest/manifest.json"
    number_in "$base/counter"
    [ "$1" = older-too ] || [ "$manifest_counter" -ge "$number" ] ||
        refuse "a release with counter $(moment "$manifest_counter"): $(moment "$number") was in use here." \
            "Where the clock was wrong that one of them was built by, deploy --older takes it"
}
demand_signature() { # file: file.sig is that of somebody whom this host trusts (ssh-keygen(1), -Y)
    trusted=$etc/beamwright/allowed_signers
    [ -f "$1.sig" ] || refuse "what is not signed: $trusted says who may"
    # Most hosts trust one key. Whoever is named first, it is verify that tells.
    while read -r signer _; do
        case $signer in '' | '#'*) ;; *) break ;; esac
    done <"$trusted"
    signer=${signer%%,*}
    [ -z "$signer" ] || ! is_signed_by "$signer" "$1" 2>/dev/null || return 0
    signer=$(ssh-keygen -Y find-principals -f "$trusted" -s "$1.sig" 2>/dev/null || :)
    signer=${signer%%[,"$newline"]*}
    # Keys may have a time from which and until which they sign.
    [ -n "$signer" ] || refuse "a signature of nobody who may sign now, $(now) by this host's clock: see $trusted"
    is_signed_by "$signer" "$1" ||
        refuse "a signature of $signer that does not hold now, $(now) by this host's clock"
}
is_signed_by() { # one whom this host trusts, file
    ssh-keygen -q -Y verify -n beamwright -f "$trusted" -I "$1" -s "$2.sig" <"$2" >/dev/null
}
check_contents() { # archive manifest: nothing leaves the tree or goes through a link, nothing is a device or setuid,
    # and the archive has no name that the manifest lacks
    tar -tzPf "$1" --quoting-style=literal >"$new/names"
    tar -tzPvf "$1" --numeric-owner >"$new/listing"
    awk -v room="$new/room" '
        list == "manifest" {
            split($1, word, " "); kind = word[1]; path = "/" $2 "/"; content = word[4]
            if (NF != 2 || $2 == "" || path ~ /\/\.?\// || path ~ /\/\.\.\//) bad("leaves the tree")
            if ($1 !~ /^[fdl] / || word[2] !~ /^[01][0-7][0-7][0-7]$/ || word[3] !~ /^[0-9]+$/) bad("is no such file")
            if (kind == "f" && (length(content) != 64 || content ~ /[^0-9a-f]/)) bad("has no sha256")
            kinds[$2] = kind
            # So that no link and no file passes for a folder. Those may come more than once: with each layer.
            named[$2 (kind == "d" ? "/" : "")]
            files++
        }
        list == "names" && !($0 in named) && !strange++ { bad("is not in the manifest") }
        list != "listing" { next }
        # tar makes the link without the slash, which the names take for a folder.
        $1 ~ /^[lh]/ && /\/ (->|link to) / { bad("is a link that passes for a folder") }
        { name = $0; for (field = 1; field <= 5; field++) sub(/^[^ ]+ +/, "", name) }
        $1 !~ /^[-dlh]/ || $1 ~ /[sS]/ { bad("is a device, or setuid") }
        $1 ~ /^h/ { sub(/.* link to /, "", name); if (("/" name "/") ~ /^\/\/|\/\.\.\//) bad("leaves the folder") }
        { bytes += $3 }
        END {
            # A folder of the manifest is a line too, and so is its own.
            for (path in kinds) {
                folder = path
                if (sub(/\/[^\/]*$/, "", folder) && kinds[folder] != "d") { $0 = path; bad("is in no folder") }
            }
            printf "%.0f %d\n", bytes, files >room
            exit failed
        }
        function bad(why) { print "host: refused: " $0 " " why; failed = 1 }
    ' FS="$tab" list=manifest "$2" FS=' ' list=names "$new/names" list=listing "$new/listing" >&2 || exit 2
}
check_room() { # what is unpacked must fit, and leave the host some air
    read -r bytes files <"$new/room"
    measure "$base"
    [ $((bytes / 1024 + 10240)) -lt "$free" ] ||
        fail "no space left: $((bytes >> 20)) MiB are needed, $((free >> 10)) MiB are free"
    [ "$inodes" = - ] || [ "$files" -lt "$inodes" ] || fail "no inodes left: $inodes are free"
}
lay() { # base|- folder manifest: the base's tree in hard links, without what the new release has otherwise
    if [ "$1" = - ]; then
        mkdir "$2"
        return 0
    fi
    cp -al "$base/releases/$1" "$2"
    true >"$new/files"
    true >"$new/folders"
    awk -F "$tab" -v files="$new/files" -v folders="$new/folders" '
        FILENAME == ARGV[1] { stays[$0]; if (/^d/) folder[$2]; next }
        $0 in stays { next }
        /^d/ && !($2 in folder) { print $2 >folders }
        !/^d/ { print $2 >files }
    ' "$3" "$base/manifests/$1/files"
    # A file in the way of a folder goes before it, a folder in the way of a file after what was in it. Nothing
    # here or after is written into: the base has the same inodes.
    tr '\n' '\0' <"$new/files" | (cd "$2" && xargs -0r rm -f --)
    [ ! -s "$new/folders" ] || sort -r "$new/folders" | tr '\n' '\0' | (cd "$2" && xargs -0r rmdir --)
}
verify_tree() { # folder manifest [file]: exactly what the manifest says, file by file; where nobody can tell, it ends
    # here. Into that file the traces, as they were before
    there=$run/there.$$ wanted=$run/wanted.$$ names=$run/names.$$ left=${3:-/dev/null}
    compare_lists "$1" "$2" || unseen
    same=0
    if [ -n "$differs" ]; then
        same=1
        say "$differs" | sort -b | head -n 3 >&2
    else
        (cd "$1" && { have_sums || sha256sum --check --quiet --strict "$wanted" >&2; }) || same=$?
    fi
    # 1 is a file that is another one; killed, or not even started, sha256sum says nothing of any.
    [ "$same" -le 1 ] || unseen
    rm -f "$there" "$wanted" "$names"
    return "$same"
}
have_sums() { # whether all files in wanted are as it says
    # A third of the work of sha256sum where that does not know a processor's own instructions for it. Whatever
    # else this prints, it is sha256sum that tells.
    command -v openssl >/dev/null || return 1
    tr '\n' '\0' <"$names" | xargs -0r openssl dgst -sha256 -r 2>/dev/null | cmp -s - "$wanted"
}
compare_lists() { # folder manifest: into differs what is in one of them only, into wanted the files with their sums
    { [ -d "$run" ] || mkdir -p "$run"; } && true >"$wanted" && true >"$names" &&
        (cd "$1" && find . \( -path . -fprintf "$left" "$trace_root" -o -fprintf "$left" "$trace" \) , \
            \( ! -uid "$(id -u)" -printf '? has another owner\t%p\n' -o -path . \
            -o -type f -printf 'f %04m %s -\t%P\n' -o -type d -printf 'd %04m 0 -\t%P\n' \
            -o -type l -printf 'l 0777 0 %l\t%P\n' -o -printf '? is no such file\t%P\n' \)) >"$there" &&
        differs=$(awk -F "$tab" -v wanted="$wanted" -v names="$names" '
            FILENAME == ARGV[1] { there[$0]; next }
            { line = $1; path = $2 }
            /^f/ { sub(/[^ ]*$/, "-", line); print "./" path >names }
            /^f/ { print substr($1, length($1) - 63) " *./" path >wanted }
            { line = line FS path }
            line in there { delete there[line]; next }
            { print FS line }
            END { for (line in there) print line }
        ' "$there" "$2")
}
unseen() { # what could not be looked at is not damaged, and not whole
    rm -f "$there" "$wanted" "$names"
    fail 'the tree could not be looked at'
}
# What find(1) prints of a file: another line as soon as anybody touches it, for so inode(7) has ctime. The tree's
# own folder moves when it gets its name.
trace='%i %#m %U %s %C@ %P\n'
trace_root='%i %#m %U\n'
traces() { # folder of a tree: as verify_tree has them
    (cd "$1" && find . \( -path . -printf "$trace_root" -o -printf "$trace" \)) | sha256sum
}
spoilt() { # release base: a tree that did not become what its manifest says; the base may be the reason
    [ "$2" = - ] || damage_all
    fail "$app $1 is not what its manifest says"
}

#!/bin/sh
# A hook of mmdebstrap: makes of what contents.cfg took from the packages a file system that RabbitMQ runs in,
# as /tree below the root "$1", and proves that no library is missing. "$2" holds the sources of beamwright_node,
# of which one part tells RabbitMQ and its command line where the nodes of the cluster are, without epmd.
set -eu

root=$1
sources=$2
here=$(cd "$(dirname "$0")" && pwd)

# The hook may find the machine's own /dev mounted below the root: only /usr moves, nothing is removed.
mkdir "$root/tree"
cd "$root/tree"
mv "$root/usr" .
for folder in bin lib lib64; do
    ln -s "usr/$folder" "$folder"
    ln -s "tree/usr/$folder" "$root/$folder"
done
ln -s tree/usr "$root/usr"

# Where systemd mounts: the kernel's file systems, the unit's folders, the host's files.
mkdir -p dev etc/rabbitmq home proc root run sys tmp var/lib var/tmp
touch etc/hosts etc/resolv.conf
echo 'hosts: files dns' >etc/nsswitch.conf

# In the place of Debian's coreutils and grep.
for program in $(chroot . /usr/bin/busybox --list); do
    [ -e "usr/bin/$program" ] || ln -s busybox "usr/bin/$program"
done

# One escript under seven names: as symlinks they are not seven copies.
for escript in usr/lib/rabbitmq/lib/rabbitmq_server-*/escript/*; do
    [ "${escript##*/}" = rabbitmqctl ] || ln -sf rabbitmqctl "$escript"
done

mkdir -p usr/lib/beamwright
cp "$here/rabbitmq_epmd.erl" "$sources/beamwright_epmd.erl" "$sources/beamwright_environment.erl" "$root/tmp/"
timeout 60 chroot "$root" /usr/bin/erl -noinput -eval '
    Options = [deterministic, report, {outdir, "/usr/lib/beamwright"}],
    [{ok, _} = compile:file(File, Options) || File <- filelib:wildcard("/tmp/*.erl")],
    halt().'

find usr -type f \( -perm -100 -o -name '*.so' \) | while read -r file; do
    if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
        chroot . /usr/lib64/ld-linux-*.so.* --list "/$file" >/dev/null
    fi
done

#!/bin/sh
# Boots systemd as process 1 of namespaces of its own, on an overlay of this machine's root. What it
# writes stays in $1 (a tmpfs), so that the next start of it is a reboot. Its network is its own loop.
# $2: a folder that is shown read only (the clone). Only what Debian enables by itself is started.
set -e
d=$1 clone=$2
mount -t overlay overlay -o "lowerdir=/,upperdir=$d/upper,workdir=$d/work" "$d/root"
cd "$d/root"
mkdir -p ".$clone"
mount --bind -o ro "$clone" ".$clone"
mount -t proc proc proc
mount --bind -o ro proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --bind "$d/units" etc/systemd/system
mount --bind "$d/empty" usr/lib/systemd/system-generators
mount -t tmpfs -o mode=755 tmpfs dev
for one in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "dev/${one%:*}" c 1 "${one#*:}"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
ip link set lo up
hostname fettle-machine
pivot_root . mnt
umount -l /mnt
exec env -i container=fettle PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
  --system --unit=multi-user.target --show-status=0 --log-target=journal

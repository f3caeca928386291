#!/bin/bash
# The first process of a machine of machines.sh, which sets the variables: mounts, network, server or client, and a shell for who connects.
export PATH="$programs:$folder/root/usr/sbin:$folder/root/sbin:$folder/root/usr/bin"
export LD_LIBRARY_PATH="$folder/root/usr/lib/x86_64-linux-gnu:$folder/root/lib/x86_64-linux-gnu"
busybox="$folder/root/bin/busybox"
modules="$folder/root/usr/lib/uml/modules/$(uname -r)"

# With what each of them depends on, which stands behind it.
load() {
  local name file
  for name in "$@"; do
    for file in $(grep "/$name.ko:" "$modules/modules.dep" | tr -d ':' | tr ' ' '\n' | tac); do
      "$busybox" insmod "$modules/$file" 2>/dev/null
    done
  done
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
for place in /run /var/lib /mnt /srv /home /tmp; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /mnt/shared /mnt/store /mnt/three /srv/store /run/rpcbind /run/sendsigs.omit.d
mkdir -p /var/lib/nfs/{sm,sm.bak,v4recovery,rpc_pipefs}
touch /var/lib/nfs/{etab,rmtab,state}
mount -t hostfs hostfs /mnt/shared -o "$folder/shared"
hostname "$machine"
ip link set lo up
ip link set vec0 up
ip addr add "$address/24" dev vec0
cd /
if [ "$machine" = server ]; then
  mount /dev/ubda /srv/store 2>/dev/null || { mkfs.ext4 -q /dev/ubda && mount /dev/ubda /srv/store; }
  # A small one, to be filled.
  mkdir -p /srv/store/small
  mount -t tmpfs -o size=2m tmpfs /srv/store/small
  cp /etc/passwd /tmp/passwd
  echo '_rpc:x:124:65534::/run/rpcbind:/usr/sbin/nologin' >>/tmp/passwd
  mount --bind /tmp/passwd /etc/passwd
  load nfsd
  mount -t nfsd nfsd /proc/fs/nfsd
  rpcbind -w
  exportfs -o rw,no_root_squash,sync,no_subtree_check,crossmnt,fsid=0 10.9.0.0/24:/srv/store
  exportfs -o rw,no_root_squash,sync,no_subtree_check,fsid=2 10.9.0.0/24:/srv/store/small
  rpc.nfsd --grace-time 10 --lease-time 10 4
  rpc.mountd
else
  load nfs nfsv3 nfsv4
  mount.nfs 10.9.0.1:/ /mnt/store -o vers=4.2
  mount.nfs 10.9.0.1:/srv/store /mnt/three -o vers=3,nolock
fi
echo READY
"$busybox" nc -ll -p 9000 -e /bin/bash

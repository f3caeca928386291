#!/usr/bin/env bash
# A server of NFS and two clients as virtual machines of user-mode Linux, on a network that only they are on: to try a store on a real NFS.
# They see this machine's files, read only. Wants root, Debian 12, iproute2 and e2fsprogs; 100 MB in DIR, and 900 MB of memory for each machine.
# Usage: machines.sh DIR COMMAND
#   build              fetches the kernel and the programs of NFS from Debian into DIR, and makes the server's disk and the network
#   start MACHINE      of server, a, b; clients mount the store at /mnt/store (4.2) and /mnt/three (3), both with default options
#   do MACHINE         runs the bash script on standard input there; it ends with `exit`
#   stop | suspend | wake MACHINE      as by its power switch, or its lid
#   down               stops all of them, and removes the network
# For example: echo 'node /path/to/dist/harness/cli.js reproduce --finding 1 --smoke --out /mnt/store/out; exit' | machines.sh DIR do a
# DIR/shared is /mnt/shared in all of them, and the one folder of this machine that they can write to. Clocks: `date -s` in a machine.
set -euo pipefail

fail() {
  printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 1
}

[ $# -ge 2 ] || fail 'a folder or a command is missing' "$0 DIR build|start|do|stop|suspend|wake|down [MACHINE]"
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
machine="${3:-}"
declare -A numbers=([server]=1 [a]=2 [b]=3)
[ "$2" = build ] || [ "$2" = down ] || [ -n "${numbers[$machine]:-}" ] || fail "there is no machine '$machine'" 'name server, a or b'

# Another process may have the number since.
is_network_up() { grep -qsz '^sleep$' "/proc/$(cat "$folder/network.pid" 2>/dev/null)/cmdline"; }
on_network() { nsenter -t "$(cat "$folder/network.pid")" -n "$@"; }
process() { cat "$folder/run/$machine/pid"; }
power_off() {
  [ -e "$folder/run/$machine/pid" ] || return 0
  kill -KILL -- "-$(process)" 2>/dev/null || true
  rm -rf "$folder/run/$machine"
}

case "$2" in
build)
  mkdir -p "$folder/packages" "$folder/shared" "$folder/run"
  (cd "$folder/packages" && apt-get download user-mode-linux nfs-kernel-server nfs-common rpcbind busybox-static \
    libnfsidmap1 libtirpc3 libtirpc-common libevent-core-2.1-7 libwrap0 libdevmapper1.02.1 keyutils) ||
    fail 'the packages cannot be fetched' 'apt-get update'
  for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/root"; done
  [ -e "$folder/disk.img" ] || truncate -s 1G "$folder/disk.img"
  if is_network_up; then exit 0; fi
  setsid unshare -n sleep infinity </dev/null >/dev/null 2>&1 &
  echo $! >"$folder/network.pid"
  sleep 0.5
  on_network ip link set lo up
  on_network ip link add bridge type bridge
  on_network ip addr add 10.9.0.254/24 dev bridge
  on_network ip link set bridge up
  for name in "${!numbers[@]}"; do
    on_network ip tuntap add "tap-$name" mode tap
    on_network ip link set "tap-$name" master bridge up
  done
  ;;
start)
  init="$(cd "$(dirname "$0")" && pwd)/guest.sh"
  disk=()
  [ "$machine" = server ] && disk=("ubd0=$folder/disk.img")
  # What an earlier start wrote would be read below before the new one begins.
  : >"$folder/$machine.log"
  # init gets what the kernel does not know as variables.
  on_network setsid "$folder/root/usr/bin/linux.uml" "umid=$machine" "uml_dir=$folder/run" mem=900M \
    rootfstype=hostfs rootflags=/ ro "init=$init" "machine=$machine" "address=10.9.0.${numbers[$machine]}" \
    "folder=$folder" "programs=$PATH" "vec0:transport=tap,ifname=tap-$machine,depth=128,gro=1" "${disk[@]}" \
    con=null con0=null,fd:1 </dev/null >"$folder/$machine.log" 2>&1 &
  for _ in $(seq 120); do
    if grep -q '^READY' "$folder/$machine.log"; then exit 0; fi
    sleep 1
  done
  fail "$machine does not come up" "read $folder/$machine.log"
  ;;
do) on_network "$folder/root/bin/busybox" nc "10.9.0.${numbers[$machine]}" 9000 ;;
stop) power_off ;;
# Its other processes are traced by the first, and would not survive it.
suspend) kill -STOP "$(process)" ;;
wake) kill -CONT "$(process)" ;;
down)
  for machine in "${!numbers[@]}"; do power_off; done
  if is_network_up; then kill "$(cat "$folder/network.pid")"; fi
  rm -f "$folder/network.pid"
  ;;
*) fail "there is no command $2" "$0 DIR build|start|do|stop|suspend|wake|down" ;;
esac

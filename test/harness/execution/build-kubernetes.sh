#!/usr/bin/env bash
# Builds the programs of a control plane of Kubernetes from their source: etcd, API server, controller manager and scheduler.
# Usage: build-kubernetes.sh DIR
#   DIR  is made; afterwards VLM_BENCH_KUBERNETES_BINARIES=DIR runs the tests of the executor kubernetes on them, which need root,
#        openssl, unshare, and @kubernetes/client-node
# Variables: KUBERNETES_VERSION, GO (1.24 or newer), GOFLAGS (such as -p=1, to leave processors to others). It takes about ten minutes of
# one processor, 1.5 GB of downloaded and compiled modules in the caches of Go, and 250 MB for the programs.
set -euo pipefail

version="${KUBERNETES_VERSION:-1.34.4}"
go="${GO:-go}"

fail() {
  printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 1
}

[ $# -eq 1 ] || fail 'a folder is missing' "$0 DIR"
command -v "$go" >/dev/null || fail 'Go is missing' 'install Go 1.24 or newer, or name it: GO=PROGRAM'
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
module="$(mktemp -d)"
trap 'rm -rf "$module"' EXIT
cd "$module"

manifest="$("$go" mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)",*/\1/p')"
[ -n "$manifest" ] || fail "Kubernetes $version cannot be downloaded" 'see whether Go reaches its module proxy (go env GOPROXY)'
{
  printf 'module controlplane\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$version"
  # The parts of Kubernetes that live in its own repository, and are published with its minor version as v0.
  sed -n "s#^\s*\(k8s\.io/\S*\) => \./staging/\S*#\t\1 => \1 v0.${version#1.}#p" "$manifest"
  printf ')\n'
} >go.mod
cat >programs.go <<'GO'
//go:build programs

package controlplane

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
)
GO
mkdir etcd
cat >etcd/main.go <<'GO'
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
GO
"$go" mod tidy >tidy.txt 2>&1 || fail "the modules of Kubernetes $version cannot be had" "$(tail -1 tidy.txt)"

# A server that does not know its version answers as one of another release.
variable='-X k8s.io/component-base/version'
minor="${version#1.}"
flags="-s -w $variable.gitVersion=v$version $variable.gitMajor=1 $variable.gitMinor=${minor%%.*}"
commands=(kube-apiserver kube-controller-manager kube-scheduler)
CGO_ENABLED=0 "$go" build -trimpath -ldflags "$flags" -o "$folder/" "${commands[@]/#/k8s.io/kubernetes/cmd/}" ./etcd ||
  fail "Kubernetes $version does not compile" 'see what Go says above; GO names another Go'
"$folder/kube-apiserver" --version
printf 'The tests of the executor kubernetes use it with VLM_BENCH_KUBERNETES_BINARIES=%s\n' "$folder"

#!/usr/bin/env bash
# Builds a real Kubernetes control plane from Go module sources. No container, no download of binaries.
#
#   build.sh [OUTDIR [NAME...]]
#
# NAME is any of: etcd kube-apiserver kube-controller-manager kube-scheduler kwok kubectl
# (default: all six; OUTDIR: .cache/control-plane at the repository root). A binary that is already in OUTDIR and was
# built from the same go.mod, go.sum, flags and Go version is left alone, so a second call takes well under a second.
# OUTDIR can be given to other tools as KUBEBUILDER_ASSETS.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -ge 1 ] || set -- "$here/../../../.cache/control-plane"
out=$1; shift
[ $# -gt 0 ] || set -- etcd kube-apiserver kube-controller-manager kube-scheduler kwok kubectl
mkdir -p "$out"; out=$(cd "$out" && pwd)

command -v go >/dev/null || { echo "build.sh: Go is not on PATH; 1.26 or newer is needed (with GOTOOLCHAIN=auto, 1.21 or newer fetches it)" >&2; exit 69; }

# Two builds into one OUTDIR wait for each other; the second then finds everything built.
if command -v flock >/dev/null; then exec 9>"$out/.lock"; flock 9; fi

# The version that a release build stamps in. Without it the server reports v0.0.0-master+$Format:%H$,
# which is no semantic version, and clients that parse it (kubectl version, Helm, client libraries) complain.
version=$(sed -n 's|^[[:space:]]*k8s.io/kubernetes \(v[0-9.]*\).*|\1|p' "$here/kubernetes/go.mod" | head -1)
minor=${version#v*.}; minor=${minor%%.*}
stamp() { local p=$1; echo "-X $p.gitVersion=$version -X $p.gitMajor=1 -X $p.gitMinor=$minor -X $p.gitTreeState=clean -X $p.gitCommit=0000000000000000000000000000000000000000"; }
kube_ldflags="-s -w $(stamp k8s.io/component-base/version) $(stamp k8s.io/client-go/pkg/version)"

export CGO_ENABLED=0
flags=(-trimpath -buildvcs=false -mod=readonly)

module_of() { case $1 in kwok) echo kwok ;; *) echo kubernetes ;; esac; }
package_of() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    kwok) echo sigs.k8s.io/kwok/cmd/kwok ;;
    kube-apiserver | kube-controller-manager | kube-scheduler | kubectl) echo "k8s.io/kubernetes/cmd/$1" ;;
    *) echo "build.sh: unknown name '$1'" >&2; exit 64 ;;
  esac
}
ldflags_of() { case $1 in etcd | kwok) echo "-s -w" ;; *) echo "$kube_ldflags" ;; esac; }
fingerprint() {
  local m; m=$here/$(module_of "$1")
  { cat "$m/go.mod" "$m/go.sum"; echo "${flags[*]} $(ldflags_of "$1") $(cd "$m" && go env GOVERSION GOOS GOARCH)"; } | cksum
}

for name; do package_of "$name" >/dev/null; done
for name; do
  mark=$out/.$name.built
  want=$(fingerprint "$name")
  if [ -x "$out/$name" ] && [ "$(cat "$mark" 2>/dev/null)" = "$want" ]; then echo "$name: up to date"; continue; fi
  SECONDS=0
  (cd "$here/$(module_of "$name")" && go build "${flags[@]}" -ldflags "$(ldflags_of "$name")" -o "$out/.$name.new" "$(package_of "$name")")
  mv "$out/.$name.new" "$out/$name"; echo "$want" >"$mark"
  echo "$name: built in ${SECONDS} s"
done

#!/usr/bin/env bash
# Prints the folder that holds the programs of the control plane; builds them if they are nowhere. Progress goes to stderr.
#
#   programs.sh [--find]    with --find nothing is built: without them it says how to get them, and ends with 69
#
# Looked for, in this order: KUBEBUILDER_ASSETS, if it holds all six; a cache folder outside the checkout, which CI and every
# clone share. What is in there depends on the sources and on Go. .cache/control-plane of the checkout, where the tests look,
# becomes a link to it, unless somebody has built right there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
names=(etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kwok)
# Seconds that each takes to compile on two cores, in this order.
seconds=(50 205 77 6 27 99)
say() { echo "$*" >&2; }

complete() {
  local name
  for name in "${names[@]}"; do [ -x "$1/$name" ] || return 1; done
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  if complete "$KUBEBUILDER_ASSETS"; then (cd "$KUBEBUILDER_ASSETS" && pwd); exit; fi
  say "KUBEBUILDER_ASSETS is not used, since not all of ${names[*]} are in $KUBEBUILDER_ASSETS"
fi

checkout=$root/.cache/control-plane
# Where Go's own installer puts it.
PATH=$PATH:/usr/local/go/bin
if ! command -v go >/dev/null; then
  # Built before, perhaps of older sources: better than nothing.
  if complete "$checkout"; then echo "$checkout"; exit; fi
  say "Go is needed to build the control plane: 1.21 or later, which fetches 1.26 by itself (https://go.dev/doc/install); or set KUBEBUILDER_ASSETS to a folder that holds ${names[*]}"
  exit 69
fi

key=$({ cat "$here/build.sh" "$here"/*/go.mod "$here"/*/go.sum; go env GOVERSION GOOS GOARCH; } | sha256sum | cut -c1-16)
shared=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/webhook-service/control-plane/$key
if [ "${1:-}" = --find ] && ! complete "$shared"; then
  if complete "$checkout"; then echo "$checkout"; exit; fi
  say '"npm run control-plane up" builds the programs, once, in about 8 minutes'
  exit 69
fi
mkdir -p "$shared" "$root/.cache"
# What a developer has built in this very checkout need not be built again; build.sh checks what it finds.
complete "$shared" || [ -L "$checkout" ] || [ ! -d "$checkout" ] || cp -an "$checkout/." "$shared"

complete "$shared" || say 'The Kubernetes control plane is compiled, once: about 8 minutes on two cores, and 230 MB of Go modules to fetch'
tick() { while sleep 20 >/dev/null 2>&1; do say "  … $SECONDS s so far"; done; }
for index in "${!names[@]}"; do
  name=${names[index]}
  if [ -x "$shared/$name" ]; then bash "$here/build.sh" "$shared" "$name" | { grep -v 'up to date$' >&2 || true; }; continue; fi
  say "$name ($((index + 1)) of ${#names[@]}): compiling, about ${seconds[index]} s"
  tick >&2 & ticking=$!
  trap 'kill $ticking 2>/dev/null || true' EXIT
  bash "$here/build.sh" "$shared" "$name" >&2
  kill $ticking; wait $ticking 2>/dev/null || true
  trap - EXIT
done
if [ -L "$checkout" ] || [ ! -e "$checkout" ]; then ln -sfn "$shared" "$checkout"; fi
echo "$shared"

#!/usr/bin/env bash
# Builds Toxiproxy from its Go module, at this one version: build.sh [OUTDIR] (default: .cache/toxiproxy in the checkout).
# One that is already there is left alone.
set -euo pipefail

version=v2.12.0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here/../../../.cache/toxiproxy}
mkdir -p "$out"; out=$(cd "$out" && pwd)

# Two builds into one OUTDIR wait for each other; the second then finds it built.
if command -v flock >/dev/null; then exec 9>"$out/.lock"; flock 9; fi
if [ -x "$out/toxiproxy-$version" ]; then echo "toxiproxy $version: up to date"; exit 0; fi
command -v go >/dev/null || { echo "build.sh: Go is not on PATH; 1.23 or newer is needed" >&2; exit 69; }

SECONDS=0
new=$(mktemp -d "$out/.new.XXXXXX")
trap 'rm -rf "$new"' EXIT
GOBIN=$new CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/Shopify/toxiproxy/v2/cmd/server@$version"
mv "$new/server" "$out/toxiproxy-$version"
echo "toxiproxy $version: built in ${SECONDS} s"

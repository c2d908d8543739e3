#!/usr/bin/env bash
# eng/bench/run.sh [rounds]: what tracing costs the traced process, side by side in one run. Prints Markdown tables.
# EMLEAK_STAGES=FOLDER adds every NAME.stage.o of the folder: emleak's own object with stages left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "eng/bench/run.sh: needs root, as tracing does" >&2; exit 1; }
rounds=${1:-7}

eng/bootstrap.sh
eng/publish.sh linux-x64 static >&2
dotnet build eng/bench -c Release --nologo -v quiet -clp:ErrorsOnly >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -g -fno-omit-frame-pointer -pthread -o "$work/mbench" eng/bench/mbench.c
clang-19 -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -g -O2 -c eng/bench/empty.bpf.c -o "$work/empty.bpf.o"

dotnet exec eng/bench/bin/Release/net10.0/Emleak.Bench.dll \
  "$work/mbench" "$work/empty.bpf.o" artifacts/linux-x64/emleak "$rounds" \
  1,2,1000 1,16,1000 1,64,1000 1,2,1000000 2,2,1000

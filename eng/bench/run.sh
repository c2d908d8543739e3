#!/usr/bin/env bash
# eng/bench/run.sh [rounds]: what tracing costs the traced process, side by side in one run of some 12 minutes (3 rounds).
# Writes the tables into docs/performance.md. Other work on the machine makes them worthless.
# EMLEAK_STAGES=FOLDER adds every NAME.stage.o of the folder: emleak's own object with stages left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "eng/bench/run.sh: needs root, as tracing does" >&2; exit 1; }
rounds=${1:-3}

eng/bootstrap.sh
eng/publish.sh linux-x64 static >&2
dotnet build eng/bench -c Release --nologo -v quiet -clp:ErrorsOnly >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -g -fno-omit-frame-pointer -pthread -o "$work/mbench" eng/bench/mbench.c
clang-19 -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -g -O2 -c eng/bench/empty.bpf.c -o "$work/empty.bpf.o"
libc=$(ldd "$work/mbench" | awk '/libc\.so/ { print $3 }')
sed "s|LIBC|$libc|" eng/bench/pairs.bt >"$work/pairs.bt"

dotnet exec eng/bench/bin/Release/net10.0/Emleak.Bench.dll "$work" "$PWD/artifacts/linux-x64/emleak" "$rounds" >"$work/tables"
{
  sed '/<!-- tables: begin -->/q' docs/performance.md
  printf '\nPrinted by `eng/bench/run.sh %s` on %s: kernel %s, %s, %s CPUs, load average %s at the end.\n\n' \
    "$rounds" "$(date -u +%F)" "$(uname -r | cut -d- -f1)" "$(uname -m)" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
  cat "$work/tables"
  sed -n '/<!-- tables: end -->/,$p' docs/performance.md
} >"$work/page"
cp "$work/page" docs/performance.md

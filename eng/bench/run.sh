#!/usr/bin/env bash
# eng/bench/run.sh [rounds [part]]: what tracing costs the traced process, side by side in one run of some 8 minutes (3 rounds).
# Writes the tables into docs/performance.md, or prints the one part that is wanted: own, pairs, server. Other work on the machine
# makes them worthless.
# eng/bench/stages has emleak's own programs with stages left out: each is a row of the first table and of the server's.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "eng/bench/run.sh: needs root, as tracing does" >&2; exit 1; }
rounds=${1:-3} part=${2:-}
case $part in ''|own|pairs|server) ;; *) echo "eng/bench/run.sh: there is no part $part; there are own, pairs, server" >&2; exit 2 ;; esac

eng/bootstrap.sh
eng/publish.sh linux-x64 static >&2
dotnet build eng/bench -c Release --nologo -v quiet -clp:ErrorsOnly >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -g -fno-omit-frame-pointer -pthread -o "$work/mbench" eng/bench/mbench.c
clang-19 -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -g -O2 -c eng/bench/empty.bpf.c -o "$work/empty.bpf.o"
for stage in eng/bench/stages/*.c; do
  clang-19 -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -g -O2 -Wno-unused-function -I bpf -c "$stage" -o "$work/$(basename "$stage" .c).stage.o"
done
libc=$(ldd "$work/mbench" | awk '/libc\.so/ { print $3 }')
sed "s|LIBC|$libc|" eng/bench/pairs.bt >"$work/pairs.bt"

dotnet exec eng/bench/bin/Release/net10.0/Emleak.Bench.dll "$work" "$PWD/artifacts/linux-x64/emleak" "$rounds" ${part:+"$part"} >"$work/tables"
if [ -n "$part" ]; then cat "$work/tables"; exit; fi
{
  sed '/<!-- tables: begin -->/q' docs/performance.md
  printf '\nPrinted by `eng/bench/run.sh %s` on %s: kernel %s, %s, %s CPUs, load average %s at the end.\n\n' \
    "$rounds" "$(date -u +%F)" "$(uname -r | cut -d- -f1)" "$(uname -m)" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
  cat "$work/tables"
  sed -n '/<!-- tables: end -->/,$p' docs/performance.md
} >"$work/page"
cp "$work/page" docs/performance.md

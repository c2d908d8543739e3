#!/usr/bin/env bash
# Builds emleak, starts a small leaking program, traces it for ten seconds, and shows who leaks.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
echo "Building ..." >&2
eng/build.sh

work=$root/artifacts/demo
mkdir -p "$work"
gcc -O2 -g -fno-omit-frame-pointer -o "$work/leaky-server" tests/workloads/leak.c
"$work/leaky-server" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT

cd "$work"
before=$(ls -d mleak_pid* 2>/dev/null || true)
echo "Tracing leaky-server (pid $server) for ten seconds ..." >&2
"${as_root[@]}" timeout --signal=INT 10 "$root/src/Emleak/bin/Release/net10.0/emleak" -p "$server" -i 1 >emleak.log || {
  status=$?
  # timeout's own code for "the time was up", which is how this trace ends.
  [ "$status" -eq 124 ] || { cat emleak.log >&2; exit "$status"; }
}
folder=$(comm -13 <(printf '%s\n' "$before") <(ls -d mleak_pid*) | tail -n 1)

echo
echo "What leaky-server still holds, largest first:"
echo
awk '/ bytes allocated at callstack id /{ n++ } { stack[n] = stack[n] $0 "\n" } END { for (i = n; i > 0 && i > n - 4; i--) printf "%s", stack[i] }' "$folder/mleakstacks.txt"
echo
echo "The files are in $work/$folder:"
(cd "$folder" && wc -c mleak* out.* | sed '$d')

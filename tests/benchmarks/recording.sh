#!/usr/bin/env bash
# tests/benchmarks/recording.sh [week]: how long the published program takes to read the largest recording, and with how much memory.
# With `week`: how large a recording becomes in a week, too (minutes).
set -euo pipefail
cd "$(dirname "$0")/../.."
emleak=artifacts/linux-x64/emleak
[ -x "$emleak" ] || eng/publish.sh linux-x64 static
dotnet build tests/benchmarks/Emleak.RecordingSpeed -c Release --nologo -v quiet -clp:ErrorsOnly
speed=tests/benchmarks/Emleak.RecordingSpeed/bin/Release/net10.0/Emleak.RecordingSpeed
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$speed" largest "$folder/largest.emleak"
echo "65,535 stacks, 512 snapshots: $(stat -c %s "$folder/largest.emleak") bytes"
for format in summary text statistics folded sources growth totals flame; do
  for _ in 1 2 3; do
    /usr/bin/time -f "%e s, %U s at work, %M KiB" -o "$folder/time" "$emleak" report "$folder/largest.emleak" --format "$format" >/dev/null 2>&1
    tail -n 1 "$folder/time"
  done | sort -n | head -n 1 | sed "s/^/report --format $format: /"
done
if [ "${1:-}" = week ]; then "$speed" week "$folder/week.emleak"; fi

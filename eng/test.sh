#!/usr/bin/env bash
# eng/test.sh [name filter]: runs every test whose name contains the filter, and ends with "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
filter=${1:-}

eng/build.sh
eng/publish.sh linux-x64 static
export EMLEAK_STATIC="$PWD/artifacts/linux-x64/emleak"

# Other kernels, in virtual machines; the tests look at what they left (KernelTests).
if [ -z "$filter" ] || [[ KernelTests == *"$filter"* ]]; then
  export EMLEAK_KERNEL_MACHINES="5.10/amd64 7.2/amd64 6.1/arm64"
  # shellcheck disable=SC2086
  eng/kernels.sh --boot $EMLEAK_KERNEL_MACHINES
  export EMLEAK_KERNEL_RUNS="$PWD/artifacts/kernels"
fi

passed=0 failed=0 skipped=0
log=$(mktemp) failures=$(mktemp)
trap 'rm -f "$log" "$failures"' EXIT
for project in tests/*.Tests; do
  name=$(basename "$project")
  arguments=(-noColor -noLogo -showLiveOutput)
  [ -n "$filter" ] && arguments+=(-method "*$filter*")
  set +e
  "$project/bin/Release/net10.0/$name" "${arguments[@]}" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  # Each failure again at the end, with its reason: a log of thousands of lines is read from there.
  sed -n '/\[FAIL\]$/,/^ *Stack Trace:/p' "$log" | grep -v 'Stack Trace:' | head -n 200 >>"$failures" || true
  summary=$(grep -E 'Total: [0-9]+' "$log" | tail -n 1 || true)
  field() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$summary"; }
  total=$(field Total) errors=$(field Errors) fails=$(field Failed) skips=$(field Skipped) notRun=$(field 'Not Run')
  if [ -z "$total" ]; then
    # A runner that died counts as a failure; one that found no test under the filter does not.
    [ "$status" -eq 0 ] || [ -n "$filter" ] || failed=$((failed + 1))
    continue
  fi
  bad=$((fails + errors))
  [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  failed=$((failed + bad)); skipped=$((skipped + skips))
  passed=$((passed + total - fails - skips - ${notRun:-0}))
done

cat "$failures"
line="$passed passed, $failed failed"
[ "$skipped" -gt 0 ] && line+=", $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

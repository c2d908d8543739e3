#!/usr/bin/env bash
# eng/bench/loader.sh [cold runs]: what the loader costs, warm (BenchmarkDotNet) and in fresh static processes. Needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" -eq 0 ] || { echo "eng/bench/loader.sh: needs root, as loading does" >&2; exit 1; }
runs=${1:-15}

eng/bootstrap.sh
dotnet build src/Emleak -t:CompileBpf -c Release --nologo -v quiet -clp:ErrorsOnly >&2
object=src/Emleak/obj/bpf/x86/emleak.bpf.o
# What a trace loads where there are sessions.
programs=(emleak_session emleak_nothing)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet publish tests/benchmarks/Emleak.ColdStart -c Release -r linux-x64 --nologo -v quiet -o "$work/cold" \
  -p:PublishAot=true -p:StaticExecutable=true -p:LinkerFlavor=lld -p:CppCompilerAndLinker=clang-19 >&2
# Processor time beside, because other work on the machine does not lengthen it.
TIMEFORMAT='%3U %3S'
measure() { # what the table is called, and the command that runs what follows it
  local title=$1 steps column=0
  shift
  rm -f "$work/cold.tsv"
  for _ in $(seq "$runs"); do
    steps=$({ time "$@" "$work/cold/Emleak.ColdStart" "$object" "${programs[@]}"; } 2>"$work/times")
    awk -v steps="$steps" '{ printf "%s\t%.0f\t%.0f\n", steps, $1 * 1000, $2 * 1000 }' "$work/times" >>"$work/cold.tsv"
  done
  echo "$title, $runs of them (ms):"
  echo "| step | least | median | most |"
  echo "|---|---:|---:|---:|"
  for step in "read and index the kernel's types" "first find by name" "open the object" "load the object" "all of it" \
    "processor time of the process itself" "processor time in the kernel"; do
    column=$((column + 1))
    cut -f"$column" "$work/cold.tsv" | sort -n |
      awk -v step="$step" '{ v[NR] = $1 } END { printf "| %s | %s | %s | %s |\n", step, v[1], v[int((NR + 1) / 2)], v[NR] }'
  done
}
measure "Fresh static processes" env
# Before all other work on the machine.
measure "Fresh static processes with real-time priority" chrt -f 20

dotnet build tests/benchmarks/Emleak.Benchmarks -c Release --nologo -v quiet -clp:ErrorsOnly >&2
dotnet exec tests/benchmarks/Emleak.Benchmarks/bin/Release/net10.0/Emleak.Benchmarks.dll "$object" "$(IFS=,; echo "${programs[*]}")" --artifacts "$work/reports"

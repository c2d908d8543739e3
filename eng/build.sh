#!/usr/bin/env bash
# Builds everything in Release, the BPF objects included.
set -euo pipefail
cd "$(dirname "$0")/.."
eng/bootstrap.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet build Emleak.sln -c Release --nologo -v quiet -clp:ErrorsOnly "$@" >"$log" || { cat "$log" >&2; exit 1; }

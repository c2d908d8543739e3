#!/usr/bin/env bash
# Builds everything in Release, the BPF objects included.
set -euo pipefail
cd "$(dirname "$0")/.."
eng/bootstrap.sh
dotnet build Emleak.sln -c Release --nologo -v quiet -clp:NoSummary "$@"

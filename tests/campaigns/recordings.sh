#!/usr/bin/env bash
# tests/campaigns/recordings.sh [KILLS]: kills so many traces at any moment, 50 when nothing else is asked for; each recording has every interval.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build tests/Emleak.Tests -c Release --nologo -v quiet -clp:ErrorsOnly
EMLEAK_KILLS=${1:-50} tests/Emleak.Tests/bin/Release/net10.0/Emleak.Tests -noColor -noLogo -method '*A_killed_trace_leaves_a_recording*'

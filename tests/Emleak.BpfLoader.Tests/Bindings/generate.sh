#!/bin/sh
# Regenerates Records.g.cs and RecordsLayout.g.cs after records.bpf.c or the generator has changed.
set -eu
cd "$(dirname "$0")"
object=$(mktemp)
trap 'rm -f "$object"' EXIT
clang-19 -target bpf -g -O2 -mcpu=v2 -c records.bpf.c -o "$object"
dotnet run --project ../../../eng/Emleak.Bindings -- object "$object" \
  --namespace Emleak.BpfLoader.Tests.Bindings --types record \
  --out Records.g.cs --layout RecordsLayout.g.cs --layout-class RecordsLayout --constants RecordConstants \
  --command tests/Emleak.BpfLoader.Tests/Bindings/generate.sh

#!/bin/sh
# Regenerates the kernel ABI types of Emleak.BpfLoader from a kernel's BTF (the running kernel's when none is given).
# Fields that are newer than that kernel would be missing: use a recent one.
set -eu
cd "$(dirname "$0")/.."
btf=${1:-/sys/kernel/btf/vmlinux}

dotnet run --project eng/Emleak.Bindings -- kernel "$btf" \
  --namespace Emleak.BpfLoader.Abi \
  --types "
    bpf_attr perf_event_attr
    bpf_map_info bpf_prog_info bpf_btf_info bpf_link_info bpf_func_info bpf_line_info
    bpf_cmd bpf_map_type bpf_prog_type bpf_attach_type bpf_link_type bpf_func_id
    perf_type_id perf_sw_ids" \
  --rename bpf_prog_type=BpfProgramType,perf_sw_ids=PerfSoftwareId,perf_type_id=PerfTypeId,bpf_func_id=BpfFunctionId \
  --public-enums \
  --out src/Emleak.BpfLoader/Abi/KernelAbi.g.cs \
  --layout tests/Emleak.BpfLoader.Tests/Bindings/KernelAbiLayout.g.cs \
  --layout-class KernelAbiLayout \
  --command eng/generate-abi.sh

#!/bin/sh
# Makes the well-formed seeds from the C files beside them and in Emleak.BpfLoader.Tests.
set -eu
cd "$(dirname "$0")"
kernels=../../../Emleak.BpfLoader.Tests/Core/Kernels
compile() {
  clang-19 -target bpf -g -O2 -mcpu=v3 -Wno-visibility -fdebug-compilation-dir=. -c "$1" -o "object/$2.o"
  llvm-strip-19 -g "object/$2.o"
  llvm-objcopy-19 --dump-section .BTF="btf/$2.btf" --dump-section .BTF.ext="btf-ext/$2.ext" "object/$2.o" /dev/null
}
compile features.bpf.c features
compile newest.bpf.c newest
compile "$kernels/kernels.bpf.c" kernels
cp "$kernels/5.10.btf" "$kernels/6.12.btf" core
cp "$kernels/6.18.btf" btf
gcc -O2 -shared -fPIC -nostdlib -Wl,-z,noseparate-code,-z,max-page-size=64,--build-id=none -o usdt/x86-64 probes.c
strip usdt/x86-64

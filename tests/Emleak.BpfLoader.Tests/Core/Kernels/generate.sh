#!/bin/sh
# generate.sh VERSION BTF: keeps of a kernel's BTF (the .BTF section of its vmlinux) what kernels.bpf.c asks for, as VERSION.btf.
# The answers in KernelVersionTests.cs were read off "bpftool btf dump" of the whole BTF.
set -eu
cd "$(dirname "$0")"
object=$(mktemp)
trap 'rm -f "$object"' EXIT
clang-19 -target bpf -g -O2 -Wno-visibility -c kernels.bpf.c -o "$object"
bpftool gen min_core_btf "$2" "$1.btf" "$object"

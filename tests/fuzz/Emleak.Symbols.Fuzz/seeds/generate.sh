#!/usr/bin/env bash
# Makes the seeds anew: small programs whose frames are of all kinds.
set -euo pipefail
cd "$(dirname "$0")"
gcc -nostdlib -static -Wl,--build-id=none -Wl,-z,noseparate-code -s call-frames.s -o call-frames/hand-written
gcc -O2 -g -nostdlib -static -fno-asynchronous-unwind-tables -fno-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code frames.c -o call-frames/debug-frame
clang-19 -O2 --target=aarch64-linux-gnu -nostdlib -fuse-ld=lld -fasynchronous-unwind-tables -mbranch-protection=standard -Wl,-z,noseparate-code -s frames.c -o call-frames/aarch64
gcc -O2 -nostdlib -static -fasynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code -s frames.c -o call-frames/x86-64
gcc -O2 -nostdlib -shared -fPIC -fasynchronous-unwind-tables -Wl,-z,noseparate-code -s frames.c -o call-frames/without-sections
printf '\0\0\0\0\0\0\0\0' | dd of=call-frames/without-sections bs=1 seek=40 conv=notrunc status=none
printf '\0\0\0\0' | dd of=call-frames/without-sections bs=1 seek=60 conv=notrunc status=none

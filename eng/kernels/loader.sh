#!/usr/bin/env bash
# eng/kernels/loader.sh KERNEL: the loader on one of the kernels of eng/kernels.sh (amd64), in a virtual machine that holds nothing but
# the checks (tests/Emleak.LoaderCheck) and their objects: attaching by section, functions of programs replaced and traced, struct_ops, networks and control groups.
set -euo pipefail
cd "$(dirname "$0")/../.."
kernel=${1:?usage: eng/kernels/loader.sh KERNEL}
# Programs that count, by the section that says what they are attached to.
sections=(
  kprobe/do_sys_openat2 kprobe/do_sys_openat2+0 kretprobe/do_sys_openat2 ksyscall/openat kretsyscall/openat
  kprobe.multi/do_sys_openat2 'kprobe.multi/do_sys_open*' kretprobe.multi/do_sys_openat2 kprobe.session/do_sys_openat2
  fentry/do_sys_openat2 fexit/do_sys_openat2 fmod_ret/security_file_open lsm/file_open lsm.s/file_open
  raw_tp/sched_process_exec tp_btf/sched_process_exec tp/sched/sched_process_exec
)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
newer=tests/Emleak.BpfLoader.Tests/Differential/Newer
mkdir -p "$root/objects"
compile() { # NAME, source on standard input
  clang-19 -target bpf -g -O2 -mcpu=v2 -Wno-visibility "-I$newer" -x c -c - -o "$root/objects/$1.o"
  llvm-strip-19 -g "$root/objects/$1.o"
}
for section in "${sections[@]}"; do
  printf '#include "newer.h"\n__u64 hits;\nSEC("%s") int counts(void *ctx) { __sync_fetch_and_add(&hits, 1); return 0; }\n' "$section" |
    compile "attach-$(tr '/:*+' '----' <<<"$section")"
done
compile replaced <<<'#include "newer.h"
__noinline int judge(int number) { volatile int result = number + 1; return result; }
SEC("xdp") int asks(void *ctx) { return judge(1); }'
compile replacement <<<'#include "newer.h"
SEC("freplace/judge") int replaces(int number) { return number + 100; }'
compile traces <<<'#include "newer.h"
__u64 hits;
SEC("fentry/judge") int counts(void *ctx) { hits++; return 0; }'
# What counts packets: a file, its section, what it says of each.
while read -r name section verdict; do
  printf '#include "newer.h"\n__u64 hits;\nSEC("%s") int counts(void *ctx) { __sync_fetch_and_add(&hits, 1); return %s; }\n' "$section" "$verdict" |
    compile "net-$name"
done <<'EOF'
xdp xdp 2
tc tc 0
netkit netkit/primary 0
netfilter netfilter 1
cgroup cgroup_skb/egress 1
sk-lookup sk_lookup 1
EOF
compile struct-ops <"$newer/struct-ops.bpf.c"

dotnet publish tests/Emleak.LoaderCheck -c Release -r linux-x64 --nologo -v quiet -clp:ErrorsOnly -o "$work/check" \
  -p:PublishAot=true -p:StaticExecutable=true -p:LinkerFlavor=lld -p:CppCompilerAndLinker=clang-19 >&2
cp "$work/check/Emleak.LoaderCheck" "$root/init"
(cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs.gz"
# One thread for both processors, as in eng/kernels.sh.
timeout 300 qemu-system-x86_64 -accel tcg,thread=single -cpu max -append "console=ttyS0 quiet panic=-1 loglevel=3 lsm=bpf" -m 1024 -smp 2 \
  -nographic -no-reboot -nic none -kernel "$(eng/kernels/fetch.sh "$kernel" amd64)" -initrd "$work/initramfs.gz" </dev/null >"$work/console" 2>&1 || true
if ! grep -q '^--- end' "$work/console"; then tail -n 20 "$work/console" >&2; exit 1; fi
sed -n '/^--- checks/,/^--- end/p' "$work/console" | tr -d '\r' | grep -v '^---'

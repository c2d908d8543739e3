#!/usr/bin/env bash
# eng/kernels.sh [KERNEL[/ARCH]...]: emleak on real kernels. Boots each one in a virtual machine (qemu, without KVM), runs
# the checks of eng/kernels/checks inside, compares what emleak said with what the workloads hold, and prints a table.
#   KERNEL  5.10, 6.1, 6.12, 7.2; ARCH  amd64, arm64. Without arguments: all of them, and 6.12-16k/arm64, whose pages are larger.
#   --boot  only runs the machines; what they leave is in artifacts/kernels/KERNEL-ARCH, for the tests
set -euo pipefail
cd "$(dirname "$0")/.."
boot_only=no
if [ "${1:-}" = --boot ]; then boot_only=yes; shift; fi
[ $# -gt 0 ] || set -- 5.10 6.1 6.12-16k/arm64 6.12 7.2
machines=()
for kernel in "$@"; do
  case $kernel in
    */*) machines+=("$kernel") ;;
    *) machines+=("$kernel/amd64" "$kernel/arm64") ;;
  esac
done
eng/bootstrap.sh

runs=artifacts/kernels
mkdir -p "$runs"
for arch in $(printf '%s\n' "${machines[@]#*/}" | sort -u); do eng/kernels/initramfs.sh "$arch" "$runs/initramfs-$arch.gz"; done

boot() { # KERNEL ARCH
  local image folder=$runs/$1-$2
  image=$(eng/kernels/fetch.sh "$1" "$2") || return
  rm -rf "$folder"
  mkdir -p "$folder"
  local append="quiet panic=-1 loglevel=3"
  case $2 in
    # One thread for both processors: x86 kernels patch their own code while another processor runs it (text_poke with int3),
    # which emulation with a thread for each does not always show in order, and the kernel panics.
    amd64) qemu=(qemu-system-x86_64 -accel tcg,thread=single -cpu max -append "console=ttyS0 $append") ;;
    arm64) qemu=(qemu-system-aarch64 -M virt -accel tcg -cpu "max,pauth-impdef=on" -append "console=ttyAMA0 $append") ;;
  esac
  local start=$SECONDS
  timeout 900 "${qemu[@]}" -m 1024 -smp 2 -nographic -no-reboot -nic none -kernel "$image" -initrd "$runs/initramfs-$2.gz" \
    </dev/null >"$folder/console" 2>&1 || true
  sed -n '/^--- results/,/^--- end/p' "$folder/console" | grep -v '^---' | tr -d '\r' | base64 -di 2>/dev/null | tar -xzC "$folder" 2>/dev/null \
    || { echo "$1/$2: the machine did not come to its end; see $folder/console" >&2; tail -n 5 "$folder/console" >&2; }
  echo "$1/$2: $((SECONDS - start)) s" >&2
}

# Two at a time: a machine has two processors, but mostly waits.
running=0
for machine in "${machines[@]}"; do
  boot "${machine%/*}" "${machine#*/}" &
  running=$((running + 1))
  if [ $running -ge "${EMLEAK_MACHINES:-2}" ]; then wait -n; running=$((running - 1)); fi
done
wait
[ $boot_only = yes ] && exit 0

export EMLEAK_KERNEL_RUNS=$PWD/$runs
export EMLEAK_KERNEL_MACHINES="${machines[*]}"
tests=tests/Emleak.Tests/bin/Release/net10.0/Emleak.Tests
[ -x "$tests" ] || dotnet build tests/Emleak.Tests -c Release --nologo -v quiet -clp:ErrorsOnly
status=0
"$tests" -noColor -noLogo -class Emleak.Tests.KernelTests >"$runs/tests.log" 2>&1 || status=$?
cat "$runs/table.md"
if [ $status -ne 0 ]; then grep -vE '^\s+at ' "$runs/tests.log" | tail -n 60 >&2; fi
exit $status

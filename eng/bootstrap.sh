#!/usr/bin/env bash
# Installs what building, publishing and testing need beside the .NET SDK. Does nothing when all of it is there.
set -euo pipefail

packages=(
  clang-19 lld-19 llvm-19   # BPF objects; the linker of static executables
  gcc g++ libc6-dev         # workloads
  procps                    # tests send signals with kill
  man-db                    # tests read the manual page of the package
  zlib1g-dev                # NativeAOT links it
  libc6-dbg                 # names of libc's own functions
  dwz                       # debug information that programs share
  bpftool                   # tests look at what the kernel holds
  gdb musl-tools nodejs redis-server redis-tools   # real programs whose stacks are walked, and what is compared with
  musl libjemalloc2 libtcmalloc-minimal4 libmimalloc2.0   # allocators whose functions get probes
  bpftrace                  # benchmarks compare with it
  libbpf-tools xdp-tools libxdp1   # tests load the BPF objects inside, and compare with libbpf
  iproute2                  # tests attach programs to network devices of their own
  libbpf-dev systemtap-sdt-dev      # tests of USDT probes: the headers of programs that read them, and of programs that have them
  python3 python3-pygal     # the original's scripts draw our files
  gdc                       # debug information of another kind of compiler
  gron jid gosu             # programs in Go, with C code and without; one that executes another
  perl                      # flame graphs from out.stacks
  debuginfod xz-utils libllvm14 libclang-cpp14   # tests fetch debug files from a server, and demangle what these libraries export
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross musl:arm64  # the same for aarch64
  zlib1g-dev:arm64
  qemu-system-x86 qemu-system-arm cpio curl               # emleak on other kernels (eng/kernels.sh)
)

# A newer compiler of Rust may be there already, from elsewhere.
command -v rustc >/dev/null || packages+=(rustc)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "eng/bootstrap.sh: this is not Debian; install by hand: ${missing[*]}" >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi

echo "Installing ${missing[*]} ..." >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  # For zlib1g-dev:arm64.
  $as_root dpkg --add-architecture arm64 &&
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
if ! install >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  exit 1
fi

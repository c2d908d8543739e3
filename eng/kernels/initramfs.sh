#!/usr/bin/env bash
# eng/kernels/initramfs.sh ARCH OUT: busybox, the static emleak, the workloads with their C library, and the checks.
set -euo pipefail
cd "$(dirname "$0")/../.."
arch=$1 out=$2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/emleak
case $arch in
  amd64) rid=linux-x64; gcc=gcc; loader=/lib64/ld-linux-x86-64.so.2; libraries=/lib/x86_64-linux-gnu ;;
  arm64) rid=linux-arm64; gcc=aarch64-linux-gnu-gcc; loader=/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1; libraries=/usr/aarch64-linux-gnu/lib ;;
esac
emleak=artifacts/$rid/emleak
[ -x "$emleak" ] || eng/publish.sh "$rid" static >&2

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,proc,sys,dev,out,lib,lib64,workloads/static,workloads/small}

busybox=$cache/busybox-$arch
if [ ! -s "$busybox" ]; then
  mkdir -p "$cache"
  (cd "$root" && apt-get download -qq "busybox-static:$arch" && dpkg-deb -x busybox-static_*.deb unpacked) >&2
  mv "$root"/unpacked/bin/busybox "$busybox" 2>/dev/null || mv "$root"/unpacked/usr/bin/busybox "$busybox"
  rm -rf "$root"/unpacked "$root"/busybox-static_*.deb
fi
cp "$busybox" "$root/bin/busybox"
cp "$emleak" "$root/emleak"

compile() { $gcc -O2 -g -pthread -Wall -Wextra -Werror "$@"; }
awk '!/^#/ && NF && $3 != "-" { sub(/:.*/, "", $3); print $3 }' eng/kernels/checks | sort -u | while read -r program; do
  source=tests/workloads/$(basename "$program").c
  case $program in
    static/*) compile -fno-omit-frame-pointer -static "$source" -o "$root/workloads/$program" ;;
    small/*) compile -fomit-frame-pointer "$source" -o "$root/workloads/$program" ;;
    *) compile -fno-omit-frame-pointer "$source" -o "$root/workloads/$program" ;;
  esac
done
cp -L "$loader" "$root/lib/"
cp -L "$loader" "$root/lib64/"
cp -L "$libraries"/libc.so.6 "$libraries"/libgcc_s.so.1 "$root/lib/"
cp eng/kernels/init "$root/init"
cp eng/kernels/checks "$root/checks"
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1) >"$out"

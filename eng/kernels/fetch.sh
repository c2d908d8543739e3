#!/usr/bin/env bash
# eng/kernels/fetch.sh KERNEL[-FLAVOUR] ARCH: prints the path of that kernel's image, fetched once into the cache.
# Kernels are Debian's, of the cloud flavour unless another is asked for (16k: pages of 16 KB): the newest that the release's list of
# packages names, checked by its sum.
set -euo pipefail
kernel=${1%%-*} arch=$2
case $1 in
  *-*) name=$arch-${1#*-} ;;
  *) name=cloud-$arch ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/emleak/kernels
mirror=${EMLEAK_DEBIAN_MIRROR:-http://deb.debian.org/debian}

case $kernel in
  5.10) suite=bullseye ;;
  6.1) suite=bookworm ;;
  6.12) suite=trixie ;;
  7.2) suite=forky ;;
  *) echo "eng/kernels.sh: there is no kernel $kernel; there are 5.10, 6.1, 6.12, 7.2" >&2; exit 2 ;;
esac
image=$cache/$1-$arch
if [ ! -s "$image" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  curl -fsS --retry 3 "$mirror/dists/$suite/main/binary-$arch/Packages.xz" | xz -dc >"$work/Packages"
  # Since 7.0 the image is in a package of its own, linux-binary.
  read -r file sum < <(awk -v RS= -v name="^linux-(image|binary)-$kernel[.0-9+a-z-]*-$name$" '
    { package = file = sum = ""; size = 0
      count = split($0, lines, "\n")
      for (i = 1; i <= count; i++) {
        if (lines[i] ~ /^Package: /) package = substr(lines[i], 10)
        if (lines[i] ~ /^Filename: /) file = substr(lines[i], 11)
        if (lines[i] ~ /^SHA256: /) sum = substr(lines[i], 9)
        if (lines[i] ~ /^Size: /) size = substr(lines[i], 7) + 0
      }
      if (package ~ name && size > 1000000) print file, sum }' "$work/Packages" | sort -V | tail -n 1)
  [ -n "${sum:-}" ] || { echo "eng/kernels.sh: $suite has no kernel $1 for $arch" >&2; exit 1; }
  curl -fsS --retry 3 -o "$work/kernel.deb" "$mirror/$file"
  echo "$sum  $work/kernel.deb" | sha256sum -c --quiet >&2
  dpkg-deb -x "$work/kernel.deb" "$work/root"
  found=("$work"/root/boot/vmlinuz-* "$work"/root/usr/lib/modules/*/vmlinuz "$work"/root/usr/lib/linux/*/vmlinuz*)
  for candidate in "${found[@]}"; do
    if [ -f "$candidate" ]; then mv "$candidate" "$image"; break; fi
  done
  [ -s "$image" ] || { echo "eng/kernels.sh: $file holds no kernel image:" >&2; find "$work/root" -type f >&2; exit 1; }
fi
echo "$image"

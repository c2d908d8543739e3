#!/usr/bin/env bash
# eng/release/package.sh VERSION RID EXECUTABLE TEXTS OUT: the archive and the Debian package of one architecture, in OUT.
#   TEXTS  a folder with man, bash, zsh, fish: what `emleak generate` writes
# The same input gives the same bytes, whenever and wherever: SOURCE_DATE_EPOCH is the time of everything.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 rid=$2 executable=$3 texts=$4 out=$5
: "${SOURCE_DATE_EPOCH:?}"
case $rid in
  linux-x64) arch=amd64 ;;
  linux-arm64) arch=arm64 ;;
  *) echo "eng/release/package.sh: there is no $rid" >&2; exit 2 ;;
esac
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

name=emleak-$version-$rid
folder=$work/$name
mkdir "$folder" "$folder/completions"
install -m 755 "$executable" "$folder/emleak"
install -m 644 LICENSE "$folder/LICENSE"
install -m 644 "$texts/man" "$folder/emleak.8"
install -m 644 "$texts/bash" "$folder/completions/emleak.bash"
install -m 644 "$texts/zsh" "$folder/completions/_emleak"
install -m 644 "$texts/fish" "$folder/completions/emleak.fish"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" -c "$name" | gzip -9n >"$out/$name.tar.gz"

root=$work/deb
install -D -m 755 "$executable" "$root/usr/bin/emleak"
install -D -m 644 LICENSE "$root/usr/share/doc/emleak/copyright"
install -D -m 644 "$texts/bash" "$root/usr/share/bash-completion/completions/emleak"
install -D -m 644 "$texts/zsh" "$root/usr/share/zsh/vendor-completions/_emleak"
install -D -m 644 "$texts/fish" "$root/usr/share/fish/vendor_completions.d/emleak.fish"
mkdir -p "$root/usr/share/man/man8" "$root/DEBIAN"
gzip -9nc "$texts/man" >"$root/usr/share/man/man8/emleak.8.gz"
# The sum of the files, not what they take on this disk.
size=$(find "$root/usr" -type f -printf '%s\n' | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
cat >"$root/DEBIAN/control" <<END
Package: emleak
Version: ${version/-/\~}
Architecture: $arch
Maintainer: The emleak authors <emleak@localhost>
Installed-Size: $size
Section: devel
Priority: optional
Description: finds memory leaks in live Linux processes
 emleak attaches to a running process with eBPF, pairs every allocation with
 its release, and writes which call paths hold memory that nobody freed.
END
(cd "$root" && find usr -type f -printf '%P\n' | LC_ALL=C sort | sed 's,^,usr/,' | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zgzip --build "$root" "$out/emleak_${version}_$arch.deb" >/dev/null

#!/usr/bin/env bash
# eng/release.sh VERSION: everything that a release consists of, in artifacts/release/VERSION. The same commit gives the same bytes.
#   emleak-VERSION-linux-{x64,arm64}.tar.gz   static executable, manual page, completions, licence
#   emleak_VERSION_{amd64,arm64}.deb          the same, installed under /usr
#   *.nupkg, *.snupkg                         the libraries, with their documentation and symbols
#   emleak-VERSION.spdx.json                  what is in it; SHA256SUMS
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || { echo "usage: eng/release.sh VERSION, such as 1.2.3" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || echo "eng/release.sh: there are changes that are not committed" >&2

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# Paths and times of this build stay out of what it makes.
export EMLEAK_BUILD_PROPERTIES="-p:Version=$version -p:ContinuousIntegrationBuild=true"
umask 022
out=artifacts/release/$version
rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same_times() { find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; }
archive() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$1" -c "$2" | gzip -9n >"$3"; }

for rid in linux-x64 linux-arm64; do eng/publish.sh "$rid" static; done
# The machine that builds can run one of them: the texts are the same for both.
mkdir "$work/texts"
for kind in man bash zsh fish; do artifacts/linux-x64/emleak generate $kind >"$work/texts/$kind"; done

for rid in linux-x64 linux-arm64; do
  case $rid in linux-x64) arch=amd64 ;; *) arch=arm64 ;; esac
  name=emleak-$version-$rid
  folder=$work/$name
  mkdir "$folder" "$folder/completions"
  install -m 755 "artifacts/$rid/emleak" "$folder/emleak"
  install -m 644 LICENSE "$folder/LICENSE"
  install -m 644 "$work/texts/man" "$folder/emleak.8"
  install -m 644 "$work/texts/bash" "$folder/completions/emleak.bash"
  install -m 644 "$work/texts/zsh" "$folder/completions/_emleak"
  install -m 644 "$work/texts/fish" "$folder/completions/emleak.fish"
  archive "$work" "$name" "$out/$name.tar.gz"

  root=$work/deb-$arch
  install -D -m 755 "artifacts/$rid/emleak" "$root/usr/bin/emleak"
  install -D -m 644 LICENSE "$root/usr/share/doc/emleak/copyright"
  install -D -m 644 "$work/texts/bash" "$root/usr/share/bash-completion/completions/emleak"
  install -D -m 644 "$work/texts/zsh" "$root/usr/share/zsh/vendor-completions/_emleak"
  install -D -m 644 "$work/texts/fish" "$root/usr/share/fish/vendor_completions.d/emleak.fish"
  mkdir -p "$root/usr/share/man/man8" "$root/DEBIAN"
  gzip -9nc "$work/texts/man" >"$root/usr/share/man/man8/emleak.8.gz"
  cat >"$root/DEBIAN/control" <<END
Package: emleak
Version: ${version/-/\~}
Architecture: $arch
Maintainer: The emleak authors <emleak@localhost>
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Section: devel
Priority: optional
Description: finds memory leaks in live Linux processes
 emleak attaches to a running process with eBPF, pairs every allocation with
 its release, and writes which call paths hold memory that nobody freed.
END
  same_times "$root"
  dpkg-deb --root-owner-group -Zgzip --build "$root" "$out/emleak_${version}_$arch.deb" >/dev/null
done

for library in Emleak.Elf Emleak.BpfLoader Emleak.Symbols; do
  # shellcheck disable=SC2086
  dotnet pack "src/$library" -c Release --nologo -v quiet -o "$work/nuget" $EMLEAK_BUILD_PROPERTIES \
    -p:IncludeSymbols=true -p:SymbolPackageFormat=snupkg
done
for package in "$work"/nuget/*; do eng/release/repack.py "$package" "$out/$(basename "$package")"; done

eng/release/sbom.py "$version" "$out" >"$out/emleak-$version.spdx.json"
(cd "$out" && LC_ALL=C sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
ls -l "$out"

#!/usr/bin/env bash
# eng/release.sh VERSION: everything that a release consists of, in artifacts/release/VERSION. The same commit gives the same
# bytes in any folder (eng/release/compare.sh tries that).
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
out=$(realpath "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for rid in linux-x64 linux-arm64; do eng/publish.sh "$rid" static; done
# The machine that builds can run one of them: the texts are the same for both.
mkdir "$work/texts"
for kind in man bash zsh fish; do artifacts/linux-x64/emleak generate $kind >"$work/texts/$kind"; done
for rid in linux-x64 linux-arm64; do eng/release/package.sh "$version" "$rid" "artifacts/$rid/emleak" "$work/texts" "$out"; done

for library in Emleak.Elf Emleak.BpfLoader Emleak.Symbols; do
  # shellcheck disable=SC2086
  dotnet pack "src/$library" -c Release --nologo -v quiet -o "$work/nuget" $EMLEAK_BUILD_PROPERTIES \
    -p:IncludeSymbols=true -p:SymbolPackageFormat=snupkg
done
for package in "$work"/nuget/*; do eng/release/repack.py "$package" "$out/$(basename "$package")"; done
holds() { python3 -m zipfile -l "$1" | grep "$2 " >/dev/null || { echo "eng/release.sh: $1 has no $2" >&2; exit 1; }; }
for library in Emleak.Elf Emleak.BpfLoader Emleak.Symbols; do
  holds "$out/$library.$version.nupkg" "lib/net10.0/$library.dll"
  holds "$out/$library.$version.nupkg" "lib/net10.0/$library.xml"
  holds "$out/$library.$version.snupkg" "lib/net10.0/$library.pdb"
done

eng/release/sbom.py "$version" "$out" >"$out/emleak-$version.spdx.json"
(cd "$out" && LC_ALL=C sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
ls -l "$out"

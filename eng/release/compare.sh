#!/usr/bin/env bash
# eng/release/compare.sh VERSION [COMMIT]: builds the release of a commit twice, in two fresh clones in different folders, and compares
# every file byte by byte. What the first one made stays in artifacts/release/VERSION.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 commit=$(git rev-parse "${2:-HEAD}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Paths of different lengths: what depends on them shows.
first=$work/one second=$work/another-place/for/it
for folder in "$first" "$second"; do
  mkdir -p "$(dirname "$folder")"
  git clone -q --no-checkout . "$folder"
  git -C "$folder" checkout -q "$commit"
  start=$SECONDS
  (cd "$folder" && eng/release.sh "$version") >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
  echo "built in $((SECONDS - start)) s"
done
status=0
for file in $(cd "$first/artifacts/release/$version" && ls) ; do
  if cmp -s "$first/artifacts/release/$version/$file" "$second/artifacts/release/$version/$file"; then
    echo "same       $file"
  else
    echo "DIFFERENT  $file"
    status=1
  fi
done
[ "$(ls "$first/artifacts/release/$version")" = "$(ls "$second/artifacts/release/$version")" ] || { echo "DIFFERENT  the files themselves"; status=1; }
mkdir -p artifacts/release
rm -rf "artifacts/release/$version"
cp -a "$first/artifacts/release/$version" artifacts/release/
if [ "$status" -ne 0 ]; then
  rm -rf "artifacts/release/$version.other"
  cp -a "$second/artifacts/release/$version" "artifacts/release/$version.other"
fi
exit $status

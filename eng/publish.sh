#!/usr/bin/env bash
# eng/publish.sh RID [static|single-file]
#   static       artifacts/RID/emleak: NativeAOT, statically linked, needs nothing on the host (default)
#   single-file  artifacts/RID/single-file/emleak: self-contained, the .NET runtime inside
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: eng/publish.sh linux-x64|linux-arm64 [static|single-file]" >&2; exit 2; }
rid=${1:-}; kind=${2:-static}
case "$rid" in
  linux-x64) cross=() ;;
  # The system's own objcopy knows one architecture only.
  linux-arm64) cross=(-p:ObjCopyName=llvm-objcopy-19) ;;
  *) usage ;;
esac
eng/bootstrap.sh

# shellcheck disable=SC2206
common=(-c Release -r "$rid" --nologo -v quiet ${EMLEAK_BUILD_PROPERTIES:-})
case "$kind" in
  static)
    dotnet publish src/Emleak "${common[@]}" -o "artifacts/$rid/publish" \
      -p:PublishAot=true -p:StaticExecutable=true -p:LinkerFlavor=lld -p:CppCompilerAndLinker=clang-19 "${cross[@]}"
    out="artifacts/$rid/emleak" ;;
  single-file)
    dotnet publish src/Emleak "${common[@]}" -o "artifacts/$rid/publish" --self-contained \
      -p:PublishSingleFile=true -p:PublishTrimmed=true -p:DebugType=embedded
    out="artifacts/$rid/single-file/emleak" ;;
  *) usage ;;
esac
mkdir -p "$(dirname "$out")"
mv -f "artifacts/$rid/publish/emleak" "$out"
[ "$kind" != static ] || mv -f "artifacts/$rid/publish/emleak.dbg" "$out.dbg"
rm -rf "artifacts/$rid/publish"
echo "$out: $(du -b "$out" | cut -f1) bytes"

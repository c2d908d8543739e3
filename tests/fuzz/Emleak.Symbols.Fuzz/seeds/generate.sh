#!/usr/bin/env bash
# Makes the seeds anew: small programs whose frames are of all kinds.
set -euo pipefail
cd "$(dirname "$0")"
gcc -nostdlib -static -Wl,--build-id=none -Wl,-z,noseparate-code -s call-frames.s -o call-frames/hand-written
gcc -O2 -g -ffile-prefix-map="$PWD=." -nostdlib -static -fno-asynchronous-unwind-tables -fno-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code frames.c -o call-frames/debug-frame
clang-19 -O2 --target=aarch64-linux-gnu -nostdlib -fuse-ld=lld -fasynchronous-unwind-tables -mbranch-protection=standard -Wl,-z,noseparate-code -s frames.c -o call-frames/aarch64
gcc -O2 -nostdlib -static -fasynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noseparate-code -s frames.c -o call-frames/x86-64
gcc -O2 -nostdlib -shared -fPIC -fasynchronous-unwind-tables -Wl,-z,noseparate-code -s frames.c -o call-frames/without-sections
printf '\0\0\0\0\0\0\0\0' | dd of=call-frames/without-sections bs=1 seek=40 conv=notrunc status=none
printf '\0\0\0\0' | dd of=call-frames/without-sections bs=1 seek=60 conv=notrunc status=none

mkdir -p elf dwarf line-programs perf-map kernel-symbols gnu-debugdata itanium rust
compile() { local name=$1; shift; "$@" -O2 -ffile-prefix-map="$PWD=." -ffreestanding -fno-asynchronous-unwind-tables -nostdlib -static -Wl,--build-id=none -Wl,-z,noseparate-code inlined.c -o "dwarf/$name"; }
for version in 2 3 4 5; do compile "gcc-$version" gcc "-gdwarf-$version"; done
compile clang-5 clang-19 -gdwarf-5 -fuse-ld=lld
compile gcc-64 gcc -gdwarf-5 -gdwarf64
compile zlib gcc -g -gz
mkdir -p relocatable split-units
split() {
  local version=$1; shift
  "$@" -O2 "-gdwarf-$version" -gsplit-dwarf -ffile-prefix-map="$PWD=." -fno-asynchronous-unwind-tables -c inlined.c -o split.o
  ld -static --build-id=none -z noseparate-code split.o -o "dwarf/skeleton-$version"
  llvm-dwp-19 split.dwo -o "split-units/$version.dwp"
  mv split.dwo "split-units/$version.dwo"
  rm split.o
}
split 4 gcc
split 5 clang-19
gcc -O2 -gdwarf-4 -ffile-prefix-map="$PWD=." -c inlined.c -o relocatable/gcc
clang-19 -O2 -gdwarf-5 -gz=zlib -ffile-prefix-map="$PWD=." -c inlined.c -o relocatable/clang
clang-19 --target=aarch64-linux-gnu -O2 -gdwarf-5 -ffile-prefix-map="$PWD=." -c inlined.c -o relocatable/aarch64
cp dwarf/gcc-4 supplemented && cp dwarf/gcc-3 other && dwz -m common -M common supplemented other && mv supplemented dwarf/supplemented && mv common dwarf/supplement && rm other
gcc -O2 -nostdlib -static -Wl,--build-id=none -Wl,-z,noseparate-code inlined.c -o elf/static
gcc -O2 -nostdlib -shared -fPIC -Wl,-z,noseparate-code inlined.c -o elf/shared
for name in gcc-2 gcc-4 gcc-5 clang-5 gcc-64; do objcopy -O binary --only-section=.debug_line --set-section-flags .debug_line=alloc "dwarf/$name" "line-programs/$name"; done
objcopy -S --keep-symbol=hidden elf/static small && xz -k small && mv small.xz gnu-debugdata/one-block && xz --block-size=512 small && mv small.xz gnu-debugdata/blocks
printf '%s\n' '400000 10 first' '400010 10 second one' '400008 10 over both' '0x400020 0x8 with prefixes' 'ffffffffffffff00 100 last' > perf-map/lines
printf '%s\n' 'ffffffff81000000 T _stext' 'ffffffff81000100 t helper' 'ffffffff81000200 D data' 'ffffffffc0001000 t read	[ext4]' > kernel-symbols/lines
printf '%s' _ZNSt6vectorIN2ns4PairIiNS0_IPKcS3_EEEESaIS4_EE17_M_realloc_insertIJRKS4_EEEvN9__gnu_cxx17__normal_iteratorIPS4_S6_EEDpOT_ > itanium/templates
printf '%s' _ZZN3app3runIZNS_4mainEvEUlT_T0_E_JiRKSsEEEDTcl9forward_2IT_EfpL_ZNS_1xEEspfp0_EEOS4_DpOT0_ENKUlvE1_clEv > itanium/lambdas
printf '%s' _ZN1AIXtl1BLi1ELd3ff0000000000000ELA3_cEEEEC2B5cxx11EPFvM1CFivEKDaz.constprop.0 > itanium/literals
printf '%s' _RNvMs_NtCs1234_7mycrate3fooINtB4_3BarNtNtCs5678_4core6option6OptionjEE3new > rust/paths
printf '%s' _RINvNtC3std3mem8align_ofFUKCRL0_hEuDNtC4core5Trait4IterNtB0_4Itemp4ItemReEL_EKj0_Kb1_Kc41_E > rust/types
printf '%s' _ZN4core3ptr85drop_in_place\$LT\$std..rt..lang_start\$LT\$\$LP\$\$RP\$\$GT\$..\$u7b\$\$u7b\$closure\$u7d\$\$u7d\$\$GT\$17h0123456789abcdefE > rust/legacy

# ReadyToRun: what of this goes into the file is told in the test of its names.
mkdir -p precompiled
library=$(mktemp -d)
trap 'rm -rf "$library"' EXIT
cp precompiled.cs "$library"
cat > "$library/Small.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <PublishReadyToRun>true</PublishReadyToRun>
    <SelfContained>false</SelfContained>
    <DebugType>none</DebugType>
    <GenerateAssemblyInfo>false</GenerateAssemblyInfo>
    <GenerateTargetFrameworkAttribute>false</GenerateTargetFrameworkAttribute>
  </PropertyGroup>
</Project>
PROJECT
for machine in x64 arm64; do
  dotnet publish "$library" -c Release -r "linux-$machine" --nologo -v quiet -o "$library/$machine"
  cp "$library/$machine/Small.dll" "precompiled/$machine"
done

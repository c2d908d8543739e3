using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Tests.Unwind;

/// <summary>Rows equal to those of llvm-dwarfdump, at the first and the last byte of each.</summary>
public sealed class DifferentialTests(ITestOutputHelper output) : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("/lib/x86_64-linux-gnu/libc.so.6")]
    [InlineData("/lib64/ld-linux-x86-64.so.2")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libstdc++.so.6")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libcrypto.so.3")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2")]
    [InlineData("/bin/bash")]
    [InlineData("/usr/bin/python3")]
    public void Installed(string path) => AssertEqual(path, ReferenceDump.X64, "--eh-frame");

    [Theory]
    [InlineData("gcc", "-O2")]
    [InlineData("gcc", "-O2", "-static")]
    [InlineData("gcc", "-O0", "-no-pie")]
    [InlineData("gcc", "-O2", "-mavx512f", "-mno-red-zone", "-fcf-protection")]
    [InlineData("clang-19", "-O2", "-fomit-frame-pointer", "-mavx512f")]
    [InlineData("clang-19", "-Oz", "-fno-omit-frame-pointer", "-fuse-ld=lld")]
    [InlineData("musl-gcc", "-O2", "-static")]
    public void Compiled(string compiler, params string[] options)
    {
        _workshop.Write("frames.c", Sources.C);
        _workshop.Run(compiler, [.. options, "-w", "frames.c", "-o", "frames"]);
        AssertEqual(_workshop["frames"], ReferenceDump.X64, "--eh-frame");
    }

    [Theory]
    [InlineData("-O2")]
    [InlineData("-O2", "-fomit-frame-pointer", "-mbranch-protection=standard")]
    [InlineData("-O0", "-mbranch-protection=pac-ret+leaf+b-key")]
    public void Of_the_other_architecture(params string[] options)
    {
        _workshop.Write("frames.c", Sources.Freestanding);
        _workshop.Run("clang-19", [.. options, "--target=aarch64-linux-gnu", "-nostdlib", "-fuse-ld=lld", "-fasynchronous-unwind-tables", "frames.c", "-o", "frames"]);
        AssertEqual(_workshop["frames"], ReferenceDump.Arm64, "--eh-frame");
    }

    [Fact]
    public void Written_by_hand()
    {
        _workshop.Write("frames.s", Sources.Assembly);
        _workshop.Run("gcc", "-nostdlib", "-static", "frames.s", "-o", "frames");
        UnwindTable table = AssertEqual(_workshop["frames"], ReferenceDump.X64, "--eh-frame");
        UnwindKind[] kinds = [.. table.Rules.ToArray().Select(rule => rule.Kind).Distinct().Order()];
        Assert.Equal(Enum.GetValues<UnwindKind>().Except([UnwindKind.LinkageTable]).Order(), kinds);
    }

    [Theory]
    [InlineData]
    [InlineData("-gdwarf-4", "-gz=zlib")]
    [InlineData("-gdwarf-5", "-gz=zstd")]
    public void Debug_frame_when_there_is_nothing_else(params string[] options)
    {
        _workshop.Write("frames.c", Sources.Freestanding);
        _workshop.Run("clang-19", ["-O2", "-g", .. options, "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-nostdlib", "-static", "-fuse-ld=lld", "frames.c", "-o", "frames"]);
        UnwindTable whole = AssertEqual(_workshop["frames"], ReferenceDump.X64, "--debug-frame");

        // The same from a separate debug file.
        _workshop.Run("objcopy", "--only-keep-debug", "frames", "frames.debug");
        _workshop.Run("strip", "frames", "-o", "stripped");
        using ElfImage stripped = ElfImage.Open(_workshop["stripped"]);
        using ElfImage debug = ElfImage.Open(_workshop["frames.debug"]);
        Assert.True(UnwindTable.Read(stripped).Rows.IsEmpty);
        Assert.Equal(whole.Rows.ToArray(), UnwindTable.Read(stripped, debug).Rows.ToArray());
    }

    [Fact]
    public void Without_section_headers_the_segment_leads_there()
    {
        _workshop.Write("frames.c", Sources.C);
        _workshop.Run("gcc", "-O2", "-w", "frames.c", "-o", "frames");
        using ElfImage whole = ElfImage.Open(_workshop["frames"]);
        byte[] bytes = File.ReadAllBytes(_workshop["frames"]);
        // e_shoff, e_shnum, e_shstrndx of the ELF header.
        bytes.AsSpan(0x28, 8).Clear();
        bytes.AsSpan(0x3c, 4).Clear();
        using ElfImage bare = ElfImage.FromMemory(bytes);
        Assert.Empty(bare.Sections);
        Assert.Equal(UnwindTable.Read(whole).Rows.ToArray(), UnwindTable.Read(bare).Rows.ToArray());
    }

    [Fact]
    public void Tables_are_kept_by_build_id()
    {
        _workshop.Write("frames.c", Sources.C);
        _workshop.Run("gcc", "-O2", "-w", "-Wl,--build-id", "frames.c", "-o", "frames");
        File.Copy(_workshop["frames"], _workshop["copy"]);
        using ElfImage original = ElfImage.Open(_workshop["frames"]);
        using ElfImage copy = ElfImage.Open(_workshop["copy"]);
        UnwindTableCache cache = new();
        Assert.Same(cache.Get(original), cache.Get(copy));
    }

    private UnwindTable AssertEqual(string path, ReferenceDump reader, string section)
    {
        List<ReferenceRow> reference = reader.Read(_workshop.Run("llvm-dwarfdump-19", section, path));
        Assert.NotEmpty(reference);
        using ElfImage image = ElfImage.Open(path);
        UnwindTable table = UnwindTable.Read(image);
        Assert.Equal(0, table.DamagedEntries);
        for (int i = 0; i < reference.Count; i++)
        {
            ReferenceRow row = reference[i];
            bool hasNext = i + 1 < reference.Count && reference[i + 1].FunctionStart == row.FunctionStart;
            ulong end = hasNext ? reference[i + 1].Address : row.FunctionEnd;
            if (end <= row.Address) continue;
            AssertRule(row.Rule, table.Find(row.Address), row.Address);
            AssertRule(row.Rule, table.Find(end - 1), end - 1);
        }

        Assert.Equal(default, table.Find(table.Start - 1));
        Assert.Equal(default, table.Find(ulong.MaxValue));
        output.WriteLine($"{path}: {reference.Count} rows as read by llvm-dwarfdump, {table.Rows.Length} after merging, {table.Rules.Length} rules");
        return table;
    }

    private static void AssertRule(UnwindRule expected, UnwindRule actual, ulong address) =>
        Assert.True(expected == actual, $"0x{address:x}: expected {expected}, found {actual}");
}

using System.IO.Compression;
using Emleak.Elf;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests;

/// <summary>Files that ask for more memory than they may have lose names, for a reason that is given, and nothing else.</summary>
public sealed class LimitTests : IDisposable
{
    private const ulong CompressedFlag = 0x800;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData(1 << 10, null)]
    [InlineData(1 << 16, "hidden")]
    [InlineData(1 << 30, "hidden")]
    public void Below_the_limit_there_are_names_and_above_it_a_reason(long limit, string? function)
    {
        string path = Build();
        ulong address = AddressOfHidden(path);
        using FileSymbolizer symbolizer = FileSymbolizer.Open(path, new SymbolizerSettings { Limits = new ElfLimits { MaxTotalBytes = limit } });
        Frame frame = symbolizer.Symbolize([address], AddressKind.Exact, SymbolizeOptions.Names)[0];
        Assert.Equal(function, frame.Function);
        if (function is null) Assert.Contains("limit reached", frame.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Debug_information_over_the_limit_costs_lines_and_not_the_name()
    {
        string path = Build();
        byte[] file = File.ReadAllBytes(path);
        ElfSection section = FindSection(file, ".debug_info");
        Replace(ref file, section, Bomb(1 << 28), section.Flags | CompressedFlag);
        _workshop.Write("bomb", file);
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["bomb"]);
        Frame frame = symbolizer.Symbolize([AddressOfHidden(path)], AddressKind.Exact, SymbolizeOptions.Sources)[0];
        Assert.Equal(("hidden", 0), (frame.Function, frame.Line));
        Assert.Contains("limit reached", frame.SourceProblem, StringComparison.Ordinal);
    }

    [Fact]
    public void Compressed_symbols_are_refused()
    {
        string path = Build();
        byte[] file = File.ReadAllBytes(path);
        foreach (string name in (string[])[".symtab", ".strtab"])
        {
            ElfSection section = FindSection(file, name);
            Replace(ref file, section, Bomb(1 << 28), section.Flags | CompressedFlag);
        }

        _workshop.Write("bomb", file);
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["bomb"]);
        Frame frame = symbolizer.Symbolize([AddressOfHidden(path)], AddressKind.Exact, SymbolizeOptions.Names)[0];
        Assert.Equal((null, MissingReason.FileMalformed), (frame.Function, frame.Reason));
        Assert.Contains("only debug sections", frame.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".debug_str")]
    [InlineData(".debug_line_str")]
    public void Texts_that_run_on_without_end_are_cut(string name)
    {
        // Every text of the section runs on into what was put behind it.
        string path = Build();
        byte[] file = File.ReadAllBytes(path);
        ElfSection section = FindSection(file, name);
        byte[] texts = file[(int)section.FileOffset..(int)(section.FileOffset + section.Size)];
        texts.AsSpan().Replace((byte)0, (byte)'B');
        Replace(ref file, section, [.. texts, .. Enumerable.Repeat((byte)'A', 10_000_000), 0], section.Flags);
        _workshop.Write("endless", file);
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["endless"]);
        ulong start = AddressOfHidden(path);
        ulong[] addresses = [.. Enumerable.Range(0, 16).Select(i => start + (ulong)i)];
        foreach (Frame frame in symbolizer.Symbolize(addresses, AddressKind.Exact, SymbolizeOptions.Sources))
        {
            Assert.InRange(frame.File?.Length ?? 0, name == ".debug_str" ? 0 : 4096, 4096);
            Assert.InRange(frame.Function!.Length, 1, 4096);
        }
    }

    [Fact]
    public void A_mapped_file_that_is_cut_costs_names_and_nothing_else()
    {
        string path = Build();
        using Target target = Target.Start(path);
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        ulong hidden = target["hidden"];
        File.Move(path, _workshop["kept"]);
        target.Exit();
        File.WriteAllBytes(_workshop["kept"], [0x7f]);
        Frame frame = symbolizer.Symbolize(hidden, AddressKind.Exact);
        Assert.Equal((null, MissingReason.FileMalformed), (frame.Function, frame.Reason));
        Assert.Contains("shrunk", frame.Detail, StringComparison.Ordinal);
    }

    private static byte[] Bomb(int size)
    {
        MemoryStream packed = new();
        packed.Write([.. BitConverter.GetBytes(1u), 0, 0, 0, 0, .. BitConverter.GetBytes((ulong)size), .. BitConverter.GetBytes(1UL)]);
        using (ZLibStream stream = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int left = size; left > 0; left -= zeros.Length) stream.Write(zeros);
        }

        return packed.ToArray();
    }

    private static ElfSection FindSection(byte[] file, string name)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        return image.FindSection(name)!;
    }

    /// <summary>Puts new bytes of a section at the end of the file.</summary>
    private static void Replace(ref byte[] file, ElfSection section, byte[] data, ulong flags)
    {
        // Elf64_Ehdr.e_shoff, and of Elf64_Shdr the flags, the offset and the size.
        int header = (int)BitConverter.ToUInt64(file, 40) + (section.Index * 64);
        BitConverter.TryWriteBytes(file.AsSpan(header + 8), flags);
        BitConverter.TryWriteBytes(file.AsSpan(header + 24), (ulong)file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(header + 32), (ulong)data.Length);
        file = [.. file, .. data];
    }

    private ulong AddressOfHidden(string path) => Convert.ToUInt64(
        _workshop.Run("nm", path).Split('\n').Single(line => line.EndsWith(" t hidden", StringComparison.Ordinal)).Split(' ')[0], 16);

    private string Build()
    {
        _workshop.Write("simple.c", Programs.Simple);
        _workshop.Run("gcc", "-g", "-gdwarf-5", "-gz=none", "simple.c", "-o", "simple", "-w");
        return _workshop["simple"];
    }
}

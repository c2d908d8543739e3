using System.Diagnostics;
using Emleak.Elf;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Broken debug files give frames, perhaps with less in them: never an exception, a hang, or memory without bound.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("gcc", "-O2 -gdwarf-4")]
    [InlineData("clang-19", "-O2 -gdwarf-5")]
    [InlineData("gcc", "-O2 -gdwarf-5 -gz=zlib")]
    public void Files_that_end_too_early(string compiler, string options)
    {
        byte[] whole = Build(compiler, options, out ulong[] addresses);
        int good = Lines(Symbolize(whole, addresses));
        Assert.True(good > 0);
        int fewer = 0;
        using ElfImage image = ElfImage.FromMemory(whole);
        foreach (ElfSection section in image.Sections.Where(IsDebug))
        {
            // The section headers come last in the file: a file that is cut is refused. Cutting a section is what is left.
            for (int i = 0; i < 40; i++)
            {
                var file = (byte[])whole.Clone();
                SetSize(file, section.Index, section.Size * (ulong)i / 40);
                fewer += Lines(Symbolize(file, addresses)) < good ? 1 : 0;
            }
        }

        Assert.True(fewer > 20, $"only {fewer} cuts had an effect");
    }

    [Theory]
    [InlineData("gcc", "-O2 -gdwarf-4", 1)]
    [InlineData("gcc", "-O2 -gdwarf-5", 2)]
    [InlineData("clang-19", "-O2 -gdwarf-4", 3)]
    [InlineData("clang-19", "-O2 -gdwarf-5", 4)]
    [InlineData("gcc", "-O2 -gdwarf-5 -gz=zlib", 5)]
    [InlineData("zstd", "-O2 -gdwarf-5", 6)]
    public void Files_with_random_damage(string compiler, string options, int seed)
    {
        byte[] whole = Build(compiler, options, out ulong[] addresses);
        int good = Lines(Symbolize(whole, addresses));
        Random random = new(seed);
        using ElfImage image = ElfImage.FromMemory(whole);
        ElfSection[] sections = [.. image.Sections.Where(IsDebug)];
        int different = 0;
        int explained = 0;
        for (int round = 0; round < 1500; round++)
        {
            var file = (byte[])whole.Clone();
            for (int flips = random.Next(1, 6); flips > 0; flips--) Break(file, sections[random.Next(sections.Length)], random);
            Frame[] frames = Symbolize(file, addresses);
            if (Lines(frames) == good) continue;
            different++;
            explained += frames.Any(frame => frame.SourceProblem is not null) ? 1 : 0;
        }

        Assert.True(different > 50 && explained > 10, $"{different} different, {explained} explained");
    }

    [Fact]
    public void Many_entries_that_share_one_endless_list_of_ranges_are_refused_in_time()
    {
        // 200,000 functions of 5 bytes, each with the same 200,000 ranges: 40 billion.
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x2e, children: false, (0x55, 0x17));
        byte[] functions = [.. Enumerable.Repeat((byte[])[2, 0, 0, 0, 0], 200_000).SelectMany(entry => entry)];
        byte[] ranges = [.. Enumerable.Range(0, 200_000).SelectMany(i => (byte[])[.. BitConverter.GetBytes((ulong)i % 64), .. BitConverter.GetBytes((ulong)i % 64 + 1)])];
        byte[] file = builder.Build([1, .. BitConverter.GetBytes(DwarfBuilder.Code), .. BitConverter.GetBytes(64UL), .. functions, 0], ranges);
        AssertRefused(file, "ranges");
    }

    [Fact]
    public void Entries_that_nest_without_end_are_refused()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x0b, children: true);
        byte[] blocks = [.. Enumerable.Repeat((byte)2, 5_000_000)];
        byte[] file = builder.Build([1, .. BitConverter.GetBytes(DwarfBuilder.Code), .. BitConverter.GetBytes(64UL), .. blocks], []);
        AssertRefused(file, "nest");
    }

    [Fact]
    public void Calls_that_are_inlined_into_each_other_without_end_are_refused()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x2e, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(3, tag: 0x1d, children: true, (0x11, 0x01), (0x12, 0x07));
        byte[] place = [.. BitConverter.GetBytes(DwarfBuilder.Code), .. BitConverter.GetBytes(64UL)];
        byte[] calls = [.. Enumerable.Repeat((byte[])[3, .. place], 50_000).SelectMany(entry => entry)];
        AssertRefused(builder.Build([1, .. place, 2, .. place, .. calls], []), "inlined deeper");
    }

    [Fact]
    public void Functions_that_refer_to_each_other_in_a_circle_have_no_name()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x2e, children: false, (0x11, 0x01), (0x12, 0x07), (0x31, 0x10));
        byte[] place = [.. BitConverter.GetBytes(DwarfBuilder.Code), .. BitConverter.GetBytes(64UL)];

        // The function starts after the unit's header of 11 bytes and the unit's entry of 17, and refers to itself.
        Frame frame = Symbolize(builder.Build([1, .. place, 2, .. place, 28, 0, 0, 0, 0], []), [DwarfBuilder.Code])[0];
        Assert.Equal((null, MissingReason.NoSymbols, null), (frame.Function, frame.Reason, frame.SourceProblem));
    }

    private static void AssertRefused(byte[] file, string reason)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Stopwatch watch = Stopwatch.StartNew();
        Frame frame = Symbolize(file, [DwarfBuilder.Code])[0];
        Assert.Contains(reason, frame.SourceProblem, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 1L << 30);
    }

    private static bool IsDebug(ElfSection section) => section.Name.StartsWith(".debug_", StringComparison.Ordinal) && section.Size > 0;

    private static void Break(byte[] file, ElfSection section, Random random)
    {
        // Headers are at the start; damage there goes furthest.
        int size = (int)section.Size;
        int position = (int)section.FileOffset + (random.Next(3) == 0 ? random.Next(Math.Min(64, size)) : random.Next(size));
        file[position] = random.Next(4) switch { 0 => 0xff, 1 => 0x80, 2 => 0, _ => (byte)random.Next(256) };
    }

    private static void SetSize(byte[] file, int section, ulong size)
    {
        ulong headers = BitConverter.ToUInt64(file, 0x28);
        BitConverter.TryWriteBytes(file.AsSpan((int)headers + (section * 64) + 0x20), size);
    }

    private static Frame[] Symbolize(byte[] file, ulong[] addresses)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        using ModuleSymbols symbols = new(image, location: null, debugFile: null);
        return [.. addresses.Select(address => symbols.Complete(
            new Frame { Address = address, Kind = AddressKind.Exact, ModuleAddress = address }, SymbolizeOptions.Sources))];
    }

    private static int Lines(Frame[] frames) => frames.Count(frame => frame.Line > 0) + frames.Sum(frame => frame.Inlined.Count);

    private byte[] Build(string compiler, string options, out ulong[] addresses)
    {
        _workshop.Write("plain.c", Sources.C);
        _workshop.Run(compiler == "zstd" ? "gcc" : compiler, [.. options.Split(' '), "-w", "plain.c", "-o", "program"]);
        if (compiler == "zstd") _workshop.Run("llvm-objcopy-19", "--compress-debug-sections=zstd", "program");
        addresses = Symbolization.Spread(_workshop["program"], 60);
        return File.ReadAllBytes(_workshop["program"]);
    }
}

using System.Globalization;
using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Tests;

/// <summary>The same addresses to this library, to nm and to llvm-symbolizer: the same names, up to the choice between aliases.</summary>
public sealed class DifferentialTests : IDisposable
{
    private const string Libc = "/lib/x86_64-linux-gnu/libc.so.6";
    private const int Samples = 5000;
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Every_address_of_libc_has_a_name_that_nm_lists_for_it()
    {
        Assert.SkipUnless(File.Exists(Libc), "needs Debian's libc on x86-64");
        using ElfImage image = ElfImage.Open(Libc);
        DebugFile? debug = DebugFileSearch.Find(image, new FileLocation(Libc, TargetFiles.Own(ElfLimits.Default)));
        Assert.SkipUnless(debug is not null, "needs libc6-dbg");
        using ElfImage debugImage = debug.Image;
        SymbolIndex index = SymbolIndex.Build([new(image, SymbolTableKind.Dynamic), new(debugImage, SymbolTableKind.DebugFile)]);
        List<NmSymbol> listed = [.. ReadNm(debug.Path), .. ReadNm("-D", Libc)];

        int named = 0;
        int local = 0;
        foreach (ulong address in SampleText(image))
        {
            List<NmSymbol> covering = [.. listed.Where(symbol => symbol.Start <= address && address - symbol.Start < symbol.Size)];
            bool found = index.TryFind(address, out string? name, out ulong start);
            if (covering.Count == 0)
            {
                Assert.True(!found || listed.Exists(symbol => symbol.Name == name && symbol.Size == 0), $"0x{address:x}: {name}");
                continue;
            }

            ulong innermost = covering.Max(symbol => symbol.Start);
            Assert.Equal(innermost, start);
            NmSymbol match = listed.Find(symbol => symbol.Start == innermost && symbol.Name == name)!;
            Assert.True(match is not null, $"0x{address:x}: {name} is not among the names that nm lists at 0x{innermost:x}");
            named++;
            local += char.IsLower(match.Letter) ? 1 : 0;
        }

        Assert.True(named > Samples * 9 / 10, $"{named} of {Samples} named");
        Assert.True(local > Samples / 10, $"only {local} names of static functions");
    }

    [Theory]
    [InlineData("malloc")]
    [InlineData("calloc")]
    [InlineData("free")]
    [InlineData("realloc")]
    [InlineData("puts")]
    [InlineData("write")]
    [InlineData("posix_memalign")]
    [InlineData("mmap")]
    [InlineData("_int_malloc")]
    public void Functions_of_libc_have_the_names_that_people_know(string name)
    {
        Assert.SkipUnless(File.Exists(Libc), "needs Debian's libc on x86-64");
        using ElfImage image = ElfImage.Open(Libc);
        DebugFile? debug = DebugFileSearch.Find(image, new FileLocation(Libc, TargetFiles.Own(ElfLimits.Default)));
        Assert.SkipUnless(debug is not null, "needs libc6-dbg");
        using ElfImage debugImage = debug.Image;
        List<SymbolSource> sources = [new(image, SymbolTableKind.Dynamic), new(debugImage, SymbolTableKind.DebugFile)];
        FunctionSymbol function = Assert.Single(FunctionFinder.Find(image, sources, new FunctionNames([name]))).Function;
        Assert.True(SymbolIndex.Build(sources).TryFind(function.Address + 1, out string? found, out ulong start));
        Assert.Equal((name, function.Address), (found, start));
    }

    [Fact]
    public void Names_in_a_cpp_program_are_those_of_llvm_symbolizer()
    {
        _workshop.Write("a.cc", Programs.Cpp);
        _workshop.Run("g++", "-O0", "a.cc", "-o", "a");
        using ElfImage image = ElfImage.Open(_workshop["a"]);
        SymbolIndex index = SymbolIndex.Build([new(image, SymbolTableKind.Full), new(image, SymbolTableKind.Dynamic)]);
        List<NmSymbol> listed = ReadNm("a");
        ulong[] addresses = SampleText(image);
        string input = string.Concat(addresses.Select(address => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}\n")));
        string[] answers = _workshop.RunWithInput("llvm-symbolizer-19", input, "--functions=linkage", "--no-inlines", "--no-demangle", "--obj=a")
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(addresses.Length, answers.Length);

        int equal = 0;
        for (int i = 0; i < addresses.Length; i++)
        {
            string theirs = answers[i].Split('\n')[0];
            string ours = index.TryFind(addresses[i], out string? name, out _) ? name : "??";
            bool same = ours == theirs;
            equal += same ? 1 : 0;

            // Between functions llvm-symbolizer names the one before; we name nothing, or a symbol that tells no size.
            bool between = !IsCovered(listed, addresses[i]) && (ours == "??" || listed.Exists(symbol => symbol.Name == ours && symbol.Size == 0));
            Assert.True(same || between || AreAliases(listed, ours, theirs), $"0x{addresses[i]:x}: {ours}, llvm-symbolizer says {theirs}");
        }

        Assert.True(equal > Samples * 8 / 10, $"{equal} of {Samples} equal");
    }

    private static bool AreAliases(List<NmSymbol> listed, string left, string right) =>
        listed.Exists(one => one.Name == left && listed.Exists(two => two.Name == right && two.Start == one.Start));

    private static bool IsCovered(List<NmSymbol> listed, ulong address) =>
        listed.Exists(symbol => symbol.Start <= address && address - symbol.Start < symbol.Size);

    private static ulong[] SampleText(ElfImage image)
    {
        ElfSection text = image.FindSection(".text")!;
        Random random = new(42);
        return [.. Enumerable.Range(0, Samples).Select(_ => text.Address + (ulong)random.NextInt64((long)text.Size))];
    }

    /// <summary>The code symbols that nm prints, with their sizes.</summary>
    private List<NmSymbol> ReadNm(params string[] arguments)
    {
        List<NmSymbol> symbols = [];
        foreach (string line in _workshop.Run("nm", ["-S", "--defined-only", "--without-symbol-versions", .. arguments]).Split('\n'))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 3 || !"tTwWiu".Contains(parts[^2], StringComparison.Ordinal)) continue;
            symbols.Add(new NmSymbol(Hex(parts[0]), parts.Length > 3 ? Hex(parts[1]) : 0, parts[^2][0], parts[^1]));
        }

        return symbols;

        static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private sealed record NmSymbol(ulong Start, ulong Size, char Letter, string Name);
}

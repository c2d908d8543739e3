using Emleak.Elf;
using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Object files and kernel modules: not linked, so that every section starts at 0.</summary>
public sealed class RelocatableFileTests : IDisposable
{
    private const string Program = """
        int first(int x) { return x + 1; }
        int second(int x)
        {
            int sum = 0;
            for (int i = 0; i < x; i++) sum += first(i) * x / 3;
            return sum;
        }
        """;

    // The fields of relocations and of section headers.
    private const int RowSize = 24;
    private const int RowType = 8;
    private const int HeaderSize = 64;
    private const int HeaderLink = 0x28;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("gcc -gdwarf-4")]
    [InlineData("clang-19 -gdwarf-5")]
    [InlineData("clang-19 -gdwarf-5 --target=aarch64-linux-gnu")]
    [InlineData("gcc -gdwarf-5 -gsplit-dwarf")]
    public void An_address_is_in_the_first_section_with_code_that_has_it(string compiler)
    {
        string file = Compile(compiler);
        ulong length = LengthOf(file, ".text.first");
        using FileSymbolizer symbolizer = FileSymbolizer.Open(file);
        Frame[] frames = symbolizer.Symbolize([0, length, length + 1], AddressKind.Exact, SymbolizeOptions.Sources);
        Assert.Equal([("first", 0UL, 0UL), ("second", length, length), ("second", length + 1, length + 1)], frames.Select(frame => (frame.Function!, frame.Offset, frame.ModuleAddress)));
        Assert.Equal(1, frames[0].Line);

        // Compilers may tell no line of an instruction.
        Assert.All(frames[1..], frame => Assert.True(frame.Line is 0 or >= 2 and <= 7, $"line {frame.Line}"));
        Assert.All(frames, frame => Assert.Equal((_workshop["two.c"], null), (frame.File, frame.SourceProblem)));
        Frame after = symbolizer.Symbolize([length], AddressKind.Return, SymbolizeOptions.Sources)[0];
        Assert.Equal(("first", length, 1), (after.Function, after.Offset, after.Line));
    }

    [Fact]
    public void Files_that_were_joined_without_being_linked_tell_the_same()
    {
        string file = Compile("gcc -gdwarf-5");
        _workshop.Run("ld", "-r", "two.o", "-o", "module.ko");
        ulong[] addresses = [.. Enumerable.Range(0, (int)LengthOf(file, ".text.second")).Select(i => (ulong)i)];
        using FileSymbolizer one = FileSymbolizer.Open(file);
        using FileSymbolizer joined = FileSymbolizer.Open(_workshop["module.ko"]);
        Assert.Equal(Tell(one), Tell(joined));

        IEnumerable<(string?, ulong, string?, int)> Tell(FileSymbolizer symbolizer) =>
            symbolizer.Symbolize(addresses, AddressKind.Exact, SymbolizeOptions.Sources).Select(frame => (frame.Function, frame.Offset, frame.File, frame.Line));
    }

    [Theory]
    [InlineData(0, 0xffffffff, "relocates offset")]
    [InlineData(RowType, 250, "unknown type")]
    [InlineData(RowType + 4, 0xffffff, "symbol 16777215 of")]
    public void Corrupt_relocations_are_told_and_leave_the_names(int field, uint value, string problem)
    {
        byte[] file = File.ReadAllBytes(Compile("gcc -gdwarf-4"));
        using (ElfImage image = ElfImage.FromMemory(file))
        {
            Write(file, image.FindSection(".rela.debug_info")!.FileOffset + RowSize + (ulong)field, value);
        }

        Frame frame = Symbolize(file);
        Assert.Contains(problem, frame.SourceProblem, StringComparison.Ordinal);
        Assert.Equal("first", frame.Function);
    }

    [Fact]
    public void Relocations_whose_symbols_are_to_be_relocated_by_them_come_to_an_end()
    {
        byte[] file = File.ReadAllBytes(Compile("gcc -gdwarf-4"));
        using (ElfImage image = ElfImage.FromMemory(file))
        {
            int relocations = image.FindSection(".rela.debug_info")!.Index;
            Write(file, BitConverter.ToUInt64(file, 0x28) + ((ulong)relocations * HeaderSize) + HeaderLink, (uint)image.FindSection(".debug_info")!.Index);
        }

        Assert.Equal("first", Symbolize(file).Function);
    }

    private static void Write(byte[] file, ulong place, uint value) => BitConverter.TryWriteBytes(file.AsSpan((int)place), value);

    private Frame Symbolize(byte[] bytes)
    {
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop.Write("damaged.o", bytes));
        return symbolizer.Symbolize([0], AddressKind.Exact, SymbolizeOptions.Sources)[0];
    }

    private static ulong LengthOf(string file, string section)
    {
        using ElfImage image = ElfImage.Open(file);
        return image.FindSection(section)!.Size;
    }

    private string Compile(string compiler)
    {
        string[] words = compiler.Split(' ');
        _workshop.Write("two.c", Program);
        _workshop.Run(words[0], [.. words[1..], "-O1", "-ffunction-sections", "-c", "two.c", "-o", "two.o"]);
        return _workshop["two.o"];
    }
}

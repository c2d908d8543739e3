using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Files and lines of running processes.</summary>
public sealed class ProcessSourceTests : IDisposable
{
    private const string Program = """
        #include <stdio.h>
        #include <unistd.h>
        static void *caller;
        __attribute__((noinline)) static int leaf(int x) { caller = __builtin_return_address(0); return x * 3; }
        static inline __attribute__((always_inline)) int inner(int x)
        {
            return leaf(x) + 1;
        }
        static inline __attribute__((always_inline)) int outer(int x)
        {
            return inner(x + 1) * 2;
        }
        int main(int count, char **arguments)
        {
            char line[8];
            int sum = outer(count);
            printf("leaf %p\nreturn %p\nready\n", (void *)leaf, caller);
            fflush(stdout);
            read(0, line, sizeof line);
            return sum;
        }
        """;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("separate")]
    [InlineData("split")]
    public void A_return_address_shows_the_lines_of_the_calls_and_what_was_inlined(string place)
    {
        using Target target = Target.Start(Compile(place));
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize([target["return"]], AddressKind.Return, SymbolizeOptions.Sources)[0];
        string source = _workshop["inlines.c"];
        Assert.Equal(("main", source, 16), (frame.Function, frame.File, frame.Line));
        Assert.Equal(["inner", "outer"], frame.Inlined.Select(inlined => inlined.Function));
        Assert.Equal([(source, 7), (source, 11)], frame.Inlined.Select(inlined => (inlined.File, inlined.Line)));
        Assert.Null(frame.SourceProblem);
    }

    [Fact]
    public void Names_alone_have_no_lines_and_do_not_hide_them_later()
    {
        using Target target = Target.Start(Compile());
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame name = symbolizer.Symbolize(target["leaf"], AddressKind.Exact);
        Assert.Equal(("leaf", null, 0), (name.Function, name.File, name.Line));
        Frame source = symbolizer.Symbolize([target["leaf"]], AddressKind.Exact, SymbolizeOptions.Sources)[0];
        Assert.Equal(("leaf", _workshop["inlines.c"], 4), (source.Function, source.File, source.Line));
    }

    [Fact]
    public void Functions_of_a_file_without_symbol_table_are_named_by_debug_information()
    {
        using Target target = Target.Start(Compile());
        target.Exit();
        _workshop.Run("objcopy", "--remove-section=.symtab", "--remove-section=.strtab", "inlines");
        using FileSymbolizer symbolizer = FileSymbolizer.Open(_workshop["inlines"]);
        ulong[] addresses = Symbolization.Spread(_workshop["inlines"], 4000);
        Frame[] frames = symbolizer.Symbolize(addresses, AddressKind.Exact, SymbolizeOptions.Sources);
        Frame[] ofLeaf = [.. frames.Where(frame => frame.Function == "leaf")];
        Assert.NotEmpty(ofLeaf);
        Assert.Equal(Enumerable.Range(0, ofLeaf.Length).Select(i => (ulong)i), ofLeaf.Select(frame => frame.Offset));
        Assert.All(ofLeaf, frame => Assert.Equal(MissingReason.None, frame.Reason));
    }

    private string Compile(string place = "")
    {
        _workshop.Write("inlines.c", Program);
        _workshop.Run("gcc", "-O1", "-g", place == "split" ? "-gsplit-dwarf" : "-gno-split-dwarf", "-w", "-Wl,--build-id", "inlines.c", "-o", "inlines");
        if (place == "separate")
        {
            _workshop.Run("objcopy", "--only-keep-debug", "inlines", "inlines.debug");
            _workshop.Run("strip", "inlines");
            _workshop.Run("objcopy", "--add-gnu-debuglink=inlines.debug", "inlines");
        }

        return _workshop["inlines"];
    }
}

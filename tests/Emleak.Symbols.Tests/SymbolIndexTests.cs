using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Tables;
using static Emleak.Elf.Tests.ElfBuilder;

namespace Emleak.Symbols.Tests;

public sealed class SymbolIndexTests
{
    private const byte Untyped = 0, Data = 1, Function = 2;
    private const byte Local = 0, Global = 1, Weak = 2;

    [Fact]
    public void A_symbol_covers_its_size_and_no_more()
    {
        string?[] names = Name([new Symbol("f", 0x1010, 0x10, 1)], 0x100f, 0x1010, 0x101f, 0x1020);
        Assert.Equal([null, "f", "f", null], names);
    }

    [Fact]
    public void A_symbol_without_size_reaches_to_the_next_one_or_to_the_end_of_its_section()
    {
        string?[] names = Name([new Symbol("a", 0x1010, 0, 1), new Symbol("b", 0x1020, 4, 1), new Symbol("c", 0x1030, 0, 1)],
            0x101f, 0x1023, 0x1024, 0x1030, 0x10ff, 0x1100);
        Assert.Equal(["a", "b", null, "c", "c", null], names);
    }

    [Fact]
    public void An_address_after_a_nested_symbol_belongs_to_the_outer_one()
    {
        string?[] names = Name([new Symbol("outer", 0x1000, 0x80, 1), new Symbol("inner", 0x1020, 0x10, 1), new Symbol("deep", 0x1024, 4, 1)],
            0x1000, 0x1020, 0x1024, 0x1028, 0x1030, 0x107f, 0x1080);
        Assert.Equal(["outer", "inner", "deep", "inner", "outer", "outer", null], names);
    }

    [Fact]
    public void Overlapping_symbols_end_where_they_say()
    {
        string?[] names = Name([new Symbol("a", 0x1000, 0x40, 1), new Symbol("b", 0x1020, 0x40, 1)], 0x101f, 0x1020, 0x105f, 0x1060);
        Assert.Equal(["a", "b", "b", null], names);
    }

    [Fact]
    public void A_label_inside_a_function_does_not_hide_it()
    {
        string?[] names = Name([new Symbol("f", 0x1000, 0x40, 1), new Symbol("loop", 0x1010, 0, 1, Untyped, Local)], 0x1010, 0x1011);
        Assert.Equal(["f", "f"], names);
    }

    [Fact]
    public void A_table_in_the_code_is_named_but_not_before_a_function()
    {
        string?[] names = Name([new Symbol("table", 0x1000, 8, 1, Data), new Symbol("a", 0x1010, 8, 1, Data), new Symbol("__function", 0x1010, 8, 1)], 0x1007, 0x1008, 0x1010);
        Assert.Equal(["table", null, "__function"], names);
    }

    [Fact]
    public void Only_what_is_in_code_is_named()
    {
        string?[] names = Name([
            new Symbol("data", 0x2008, 8, 2, Data), new Symbol("label", 0x2000, 8, 2, Untyped), new Symbol("$x", 0x1010, 0, 1, Untyped, Local),
            new Symbol("undefined", 0x1020, 8, 0), new Symbol("absolute", 0x1030, 8, 0xfff1), new Symbol("", 0x1040, 8, 1)],
            0x2008, 0x2000, 0x1010, 0x1020, 0x1030, 0x1040);
        Assert.All(names, Assert.Null);
    }

    [Theory]
    [InlineData("malloc", Global, "__libc_malloc", Global)]
    [InlineData("calloc", Weak, "__libc_calloc", Global)]
    [InlineData("free", Global, "__GI___libc_free", Local)]
    [InlineData("puts", Weak, "_IO_puts", Global)]
    [InlineData("__init", Global, "init", Local)]
    [InlineData("_ZN1AC1Ev", Global, "_ZN1AC2Ev", Global)]
    [InlineData("memcpy", Global, "memcpy@GLIBC_2.2.5", Global)]
    [InlineData("strong", Global, "weak", Weak)]
    public void Of_several_names_the_expected_one_is_chosen(string expected, byte binding, string other, byte otherBinding)
    {
        Symbol first = new(expected, 0x1000, 8, 1, Function, binding);
        Symbol second = new(other, 0x1000, 8, 1, Function, otherBinding);
        Assert.Equal([expected], Name([first, second], 0x1000));
        Assert.Equal([expected], Name([second, first], 0x1000));
    }

    [Fact]
    public void A_sized_function_is_chosen_before_labels_at_its_address()
    {
        Symbol function = new("__f", 0x1000, 8, 1, Function, Local);
        Assert.Equal(["__f"], Name([new Symbol("start", 0x1000, 0, 1, Function), function], 0x1000));
        Assert.Equal(["__f"], Name([new Symbol("start", 0x1000, 8, 1, Untyped), function], 0x1000));
    }

    [Fact]
    public void Sizes_that_wrap_around_do_no_harm()
    {
        string?[] names = Name([new Symbol("f", 0x1000, ulong.MaxValue, 1), new Symbol("g", 0x1010, ulong.MaxValue - 0x1010, 1), new Symbol("h", ulong.MaxValue, 5, 1)],
            0x1000, 0x1010, ulong.MaxValue - 1);
        Assert.Equal(["f", "g", "g"], names);
    }

    [Fact]
    public void A_hundred_thousand_symbols_at_one_address_with_one_long_name_take_no_time()
    {
        string name = new('x', 60_000);
        Symbol[] symbols = [.. Enumerable.Repeat(new Symbol("f", 0x1000, 8, 1), 100_000)];
        ElfBuilder builder = new();
        builder.AddCode(".text", 0x1000, 0x100);
        builder.AddSymbols(dynamic: false, [new Symbol(name, 0x1000, 8, 1), .. symbols]);
        byte[] file = builder.Build();
        using (ElfImage image = ElfImage.FromMemory(file))
        {
            // Every row names the long string.
            ElfSection rows = image.FindSection(".symtab")!;
            for (int row = 1; row < symbols.Length + 2; row++) file.AsSpan((int)rows.FileOffset + (row * 24), 4).Clear();
            for (int row = 1; row < symbols.Length + 2; row++) file[(int)rows.FileOffset + (row * 24)] = 1;
        }

        using ElfImage hostile = ElfImage.FromMemory(file);
        long start = Environment.TickCount64;
        SymbolIndex index = SymbolIndex.Build([new SymbolSource(hostile, SymbolTableKind.Full)]);
        Assert.True(index.TryFind(0x1000, out string? found, out _));
        Assert.Equal(name[..4096], found);
        Assert.InRange(Environment.TickCount64 - start, 0, 2000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_tables_agree_with_the_rule_applied_naively(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            Symbol[] symbols = [.. Enumerable.Range(0, random.Next(1, 30)).Select(i =>
                new Symbol($"s{i:d2}", 0x1000 + (ulong)random.Next(0xf0), random.Next(3) == 0 ? 0 : (ulong)random.Next(1, 0x40), 1))];
            ulong[] addresses = [.. Enumerable.Range(0xff0, 0x150).Select(address => (ulong)address)];
            Assert.Equal(addresses.Select(address => NaiveName(symbols, address)), Name(symbols, addresses), StringComparer.Ordinal);
        }
    }

    /// <summary>Innermost sized symbol that covers; else the nearest unsized one before, if nothing starts or ends in between.</summary>
    private static string? NaiveName(Symbol[] symbols, ulong address)
    {
        var groups = symbols.GroupBy(symbol => symbol.Value)
            .Select(group => (Start: group.Key, Size: group.Max(symbol => symbol.Size), Best: group.OrderBy(symbol => symbol.Size == 0).ThenBy(symbol => symbol.Name, StringComparer.Ordinal).First().Name))
            .OrderBy(group => group.Start).ToList();
        foreach (var group in Enumerable.Reverse(groups))
        {
            if (group.Size != 0 && group.Start <= address && address < group.Start + group.Size) return group.Best;
        }

        var last = groups.LastOrDefault(group => group.Start <= address);
        bool freeStart = last.Best is not null && last.Size == 0 && !groups.Exists(group => group.Start < last.Start && group.Start + group.Size > last.Start);
        return freeStart && address < 0x1100 ? last.Best : null;
    }

    private static string?[] Name(Symbol[] symbols, params ulong[] addresses)
    {
        ElfBuilder builder = new();
        builder.AddCode(".text", 0x1000, 0x100);
        builder.AddSection(".data", 1, new byte[0x100], flags: 3, address: 0x2000);
        builder.AddSymbols(dynamic: false, symbols);
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        SymbolIndex index = SymbolIndex.Build([new SymbolSource(image, SymbolTableKind.Full), new SymbolSource(image, SymbolTableKind.Dynamic)]);
        return [.. addresses.Select(address => index.TryFind(address, out string? name, out _) ? name : null)];
    }
}

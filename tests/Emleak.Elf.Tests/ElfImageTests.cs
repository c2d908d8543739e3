using System.Text;

namespace Emleak.Elf.Tests;

public sealed class ElfImageTests
{
    public static TheoryData<bool, bool> Formats => new() { { true, false }, { true, true }, { false, false }, { false, true } };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Header_is_read_in_every_class_and_byte_order(bool is64, bool bigEndian)
    {
        using ElfImage image = ElfImage.FromMemory(new ElfBuilder(is64, bigEndian) { Machine = 183 }.Build());
        Assert.Equal(is64, image.Is64Bit);
        Assert.Equal(bigEndian, image.IsBigEndian);
        Assert.Equal(ElfMachine.Arm64, image.Machine);
        Assert.Equal(ElfType.Shared, image.Type);
        Assert.Equal(0x1234u, image.EntryPoint);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Sections_symbols_and_notes_are_read_in_every_class_and_byte_order(bool is64, bool bigEndian)
    {
        ElfBuilder builder = new(is64, bigEndian);
        int text = builder.AddCode(".text", 0x1000, 0x100);
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol("first", 0x1000, 0x10, text), new ElfBuilder.Symbol("second", 0x1010, 0x20, text, Kind: 10, Binding: 2));
        builder.AddSymbols(dynamic: true, new ElfBuilder.Symbol("exported", 0x1030, 8, text));
        builder.AddNote("Go", 4, [9, 9, 9, 9, 9]);
        builder.AddNote("GNU", 3, [1, 2, 3, 4, 5, 6]);
        builder.AddSegment(1, text);
        using ElfImage image = ElfImage.FromMemory(builder.Build());

        Assert.Equal(0x100, image.GetData(image.FindSection(".text")!).Length);
        Assert.Equal(3, image.Symbols.Count);
        ElfSymbol second = image.Symbols[2];
        Assert.Equal("second", image.Symbols.GetNameString(second));
        Assert.Equal((0x1010u, 0x20u, ElfSymbolKind.IndirectFunction, ElfSymbolBinding.Weak), (second.Value, second.Size, second.Kind, second.Binding));
        Assert.Equal("exported", image.DynamicSymbols.GetNameString(image.DynamicSymbols[1]));
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6 }, image.BuildId.ToArray());
        Assert.True(image.TryGetFileOffset(0x10ff, out ulong offset));
        Assert.Equal(image.FindSection(".text")!.FileOffset + 0xff, offset);
        Assert.True(image.TryGetAddress(offset, out ulong address));
        Assert.Equal(0x10ffu, address);
        Assert.False(image.TryGetFileOffset(0x1100, out _));
        Assert.False(image.TryGetFileOffset(0xfff, out _));
    }

    [Fact]
    public void Counts_over_16_bits_are_taken_from_section_0()
    {
        ElfBuilder builder = new() { ExtendedNumbering = true };
        for (int i = 0; i < 70_000; i++) builder.AddSection($".text.f{i}", 1, []);
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        Assert.Equal(70_002, image.Sections.Count);
        Assert.Equal(".text.f69999", image.Sections[70_000].Name);
    }

    [Fact]
    public void Names_are_compared_in_place_and_whole()
    {
        ElfBuilder builder = new();
        int text = builder.AddCode(".text", 0x1000, 0x100);
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol("malloc", 0x1000, 1, text));
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        ElfSymbol symbol = image.Symbols[1];
        Assert.True(image.Symbols.HasName(symbol, "malloc"u8));
        Assert.False(image.Symbols.HasName(symbol, "mallo"u8));
        Assert.False(image.Symbols.HasName(symbol, "malloc2"u8));
        Assert.Equal("mal", Encoding.UTF8.GetString(image.Symbols.GetNamePrefix(symbol, 3)));
        Assert.Equal("malloc", Encoding.UTF8.GetString(image.Symbols.GetNamePrefix(symbol, 6)));
    }

    [Fact]
    public void Names_outside_the_strings_and_rows_outside_the_table_are_malformed()
    {
        ElfBuilder builder = new();
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol("f", 0, 0, 1));
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        foreach (uint offset in (uint[])[3, 100, int.MaxValue, uint.MaxValue])
        {
            ElfSymbol symbol = image.Symbols[1] with { NameOffset = offset };
            Assert.Throws<MalformedDataException>(() => image.Symbols.GetName(symbol).Length);
            Assert.Throws<MalformedDataException>(() => image.Symbols.HasName(symbol, "f"u8));
        }

        Assert.Throws<MalformedDataException>(() => image.Symbols[2]);
        Assert.Throws<MalformedDataException>(() => image.Symbols[-1]);
    }

    [Fact]
    public void A_symbol_name_over_the_limit_is_cut()
    {
        ElfBuilder builder = new();
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol(new string('x', 101), 0, 0, 1), new ElfBuilder.Symbol(new string('y', 100), 0, 0, 1));
        using ElfImage image = ElfImage.FromMemory(builder.Build(), new ElfLimits { MaxNameBytes = 100 });
        Assert.Equal(new string('x', 100), image.Symbols.GetNameString(image.Symbols[1]));
        Assert.Equal(new string('y', 100), image.Symbols.GetNameString(image.Symbols[2]));
    }

    [Fact]
    public void Section_names_that_share_one_long_string_do_not_multiply_it()
    {
        ElfBuilder builder = new();
        string name = new('n', 5_000);
        for (int i = 0; i < 5_000; i++) builder.AddSection(name[(i % 10)..], 1, []);
        Assert.Throws<MalformedDataException>(() => ElfImage.FromMemory(builder.Build()));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(32)]
    public void Table_offsets_near_the_end_of_the_address_space_do_not_wrap(int field)
    {
        ElfBuilder builder = new();
        builder.AddSegment(1, builder.AddCode(".text", 0x1000, 16));
        foreach (ulong offset in (ulong[])[ulong.MaxValue, ulong.MaxValue - 63, ulong.MaxValue - 200, long.MaxValue])
        {
            byte[] file = builder.Build();
            BitConverter.TryWriteBytes(file.AsSpan(field), offset);
            Assert.Throws<MalformedDataException>(() => ElfImage.FromMemory(file));
        }
    }

    [Fact]
    public void A_disposed_image_says_so()
    {
        ElfBuilder builder = new();
        builder.AddCode(".text", 0, 8);
        ElfImage image = ElfImage.FromMemory(builder.Build());
        image.Dispose();
        image.Dispose();
        Assert.Throws<ObjectDisposedException>(() => image.GetData(image.FindSection(".text")!).Length);
    }
}

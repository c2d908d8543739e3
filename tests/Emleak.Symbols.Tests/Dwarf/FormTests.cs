using Emleak.Elf;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>Values that are of no use here are passed over, whoever invented them.</summary>
public sealed class FormTests
{
    private static readonly byte[] Place = [.. BitConverter.GetBytes(DwarfBuilder.Code), .. BitConverter.GetBytes(64UL)];

    [Fact]
    public void Attributes_of_vendors_and_values_of_every_size_are_passed_over()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));

        // DW_AT_location as DW_FORM_loclistx, unknown attributes as expression, block1, flag_present, data16, indirect udata.
        builder.Abbreviation(2, tag: 0x2e, children: false, (0x02, 0x22), (0x7f, 0x18), (0x7e, 0x0a), (0x7d, 0x19), (0x7c, 0x1e), (0x7b, 0x16), (0x03, 0x08), (0x11, 0x01), (0x12, 0x07));
        byte[] function = [2, 0x80, 0x01, 2, 0x30, 0x9f, 3, 1, 2, 3, .. new byte[16], 0x0f, 0xff, 0x01, .. "known\0"u8, .. Place];
        Frame frame = Symbolize(builder.Build([1, .. Place, .. function, 0], []));
        Assert.Equal(("known", null), (frame.Function, frame.SourceProblem));
    }

    [Fact]
    public void Entries_of_an_unknown_kind_are_passed_over_with_what_is_inside()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x2e, children: false, (0x03, 0x08), (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(3, tag: 0x7f, children: true, (0x7f, 0x0d));
        byte[] vendor = [3, 0x7f, 3, 0x80, 0x01, 0, 0];
        Frame frame = Symbolize(builder.Build([1, .. Place, .. vendor, 2, .. "after\0"u8, .. Place, 0], []));
        Assert.Equal(("after", null), (frame.Function, frame.SourceProblem));
    }

    [Fact]
    public void A_form_that_nobody_knows_is_told()
    {
        DwarfBuilder builder = new();
        builder.Abbreviation(1, tag: 0x11, children: true, (0x11, 0x01), (0x12, 0x07));
        builder.Abbreviation(2, tag: 0x2e, children: false, (0x7f, 0x7f), (0x11, 0x01), (0x12, 0x07));
        Frame frame = Symbolize(builder.Build([1, .. Place, 2, 1, 2, 3, 4, .. Place, 0], []));
        Assert.Contains("unknown form 0x7f", frame.SourceProblem, StringComparison.Ordinal);
    }

    private static Frame Symbolize(byte[] file)
    {
        using ElfImage image = ElfImage.FromMemory(file);
        using ModuleSymbols symbols = new(image, location: null, debugFile: null);
        return symbols.Complete(new Frame { Address = DwarfBuilder.Code, Kind = AddressKind.Exact, ModuleAddress = DwarfBuilder.Code }, SymbolizeOptions.Sources);
    }
}

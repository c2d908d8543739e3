using Emleak.Elf;
using Emleak.Symbols.Dwarf.Split;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// The debug sections of one file. Each is read in place, or expanded when first asked for; empty when absent.
/// Every property throws <see cref="MalformedDataException"/> when its section lies outside the file or does not expand.
/// </summary>
internal sealed class DwarfSections
{
    private readonly ElfImage _image;
    private readonly string _suffix;
    private readonly SectionBytes _information;
    private readonly SectionBytes _abbreviations;
    private readonly SectionBytes _addresses;
    private readonly SectionBytes _addressRanges;
    private readonly SectionBytes _lines;
    private readonly SectionBytes _lineStrings;
    private readonly SectionBytes _rangeLists;
    private readonly SectionBytes _ranges;
    private readonly SectionBytes _strings;
    private readonly SectionBytes _stringOffsets;

    /// <summary>The sections of a file as linked.</summary>
    public DwarfSections(ElfImage image)
        : this(image, new CodeSections(image), "", null)
    {
    }

    private DwarfSections(ElfImage image, CodeSections code, string suffix, PackagePart? part)
    {
        _image = image;
        _suffix = suffix;
        Code = code;
        _information = Find("info", part?.Information);
        _abbreviations = Find("abbrev", part?.Abbreviations);
        _addresses = Find("addr");
        _addressRanges = Find("aranges");
        _lines = Find("line");
        _lineStrings = Find("line_str");
        _rangeLists = Find("rnglists", part?.RangeLists);
        _ranges = Find("ranges");
        _strings = Find("str");
        _stringOffsets = Find("str_offsets", part?.StringOffsets);
    }

    public bool IsBigEndian => _image.IsBigEndian;

    public ElfLimits Limits => _image.Limits;

    /// <summary>Pays for what is made of the sections and kept.</summary>
    public MemoryBudget Budget => _image.Budget;

    public CodeSections Code { get; }

    public ReadOnlySpan<byte> Information => _information.Span;

    public ReadOnlySpan<byte> Abbreviations => _abbreviations.Span;

    public ReadOnlySpan<byte> Addresses => _addresses.Span;

    public ReadOnlySpan<byte> AddressRanges => _addressRanges.Span;

    public ReadOnlySpan<byte> Lines => _lines.Span;

    public ReadOnlySpan<byte> LineStrings => _lineStrings.Span;

    public ReadOnlySpan<byte> RangeLists => _rangeLists.Span;

    public ReadOnlySpan<byte> Ranges => _ranges.Span;

    public ReadOnlySpan<byte> Strings => _strings.Span;

    public ReadOnlySpan<byte> StringOffsets => _stringOffsets.Span;

    /// <summary>True when the file describes its functions.</summary>
    public static bool Exist(ElfImage image) => Find(image, "info", "") is { Type: not (ElfSectionType.NoBits or ElfSectionType.Null) };

    /// <summary>The sections of split units (DWARF 5, section 7.3.2).</summary>
    /// <param name="image">The file, or the package.</param>
    /// <param name="code">Where the program that was linked has its code.</param>
    /// <param name="part">In a package, which parts of the sections are of the unit in question.</param>
    public static DwarfSections OfSplit(ElfImage image, CodeSections code, PackagePart? part) => new(image, code, ".dwo", part);

    /// <summary>A cursor over a section's bytes, in the file's byte order.</summary>
    public ByteReader Read(ReadOnlySpan<byte> section, string where) => new(section, where, IsBigEndian);

    private SectionBytes Find(string name, PackageSlice? slice = null) => new(_image, Find(_image, name, _suffix), slice);

    private static ElfSection? Find(ElfImage image, string name, string suffix) =>
        image.FindSection(".debug_" + name + suffix) ?? image.FindSection(".zdebug_" + name + suffix);
}

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
    private readonly PackagePart? _part;
    private readonly ElfSection? _information;
    private readonly ElfSection? _abbreviations;
    private readonly ElfSection? _addresses;
    private readonly ElfSection? _addressRanges;
    private readonly ElfSection? _lines;
    private readonly ElfSection? _lineStrings;
    private readonly ElfSection? _rangeLists;
    private readonly ElfSection? _ranges;
    private readonly ElfSection? _strings;
    private readonly ElfSection? _stringOffsets;

    /// <summary>The sections of a file as linked.</summary>
    public DwarfSections(ElfImage image)
        : this(image, new CodeSections(image), "", null)
    {
    }

    private DwarfSections(ElfImage image, CodeSections code, string suffix, PackagePart? part)
    {
        _image = image;
        _suffix = suffix;
        _part = part;
        Code = code;
        _information = Find("info");
        _abbreviations = Find("abbrev");
        _addresses = Find("addr");
        _addressRanges = Find("aranges");
        _lines = Find("line");
        _lineStrings = Find("line_str");
        _rangeLists = Find("rnglists");
        _ranges = Find("ranges");
        _strings = Find("str");
        _stringOffsets = Find("str_offsets");
    }

    public bool IsBigEndian => _image.IsBigEndian;

    public CodeSections Code { get; }

    public ReadOnlySpan<byte> Information => Get(_information, _part?.Information);

    public ReadOnlySpan<byte> Abbreviations => Get(_abbreviations, _part?.Abbreviations);

    public ReadOnlySpan<byte> Addresses => Get(_addresses);

    public ReadOnlySpan<byte> AddressRanges => Get(_addressRanges);

    public ReadOnlySpan<byte> Lines => Get(_lines);

    public ReadOnlySpan<byte> LineStrings => Get(_lineStrings);

    public ReadOnlySpan<byte> RangeLists => Get(_rangeLists, _part?.RangeLists);

    public ReadOnlySpan<byte> Ranges => Get(_ranges);

    public ReadOnlySpan<byte> Strings => Get(_strings);

    public ReadOnlySpan<byte> StringOffsets => Get(_stringOffsets, _part?.StringOffsets);

    /// <summary>True when the file describes its functions.</summary>
    public static bool Exist(ElfImage image) => Find(image, "info", "") is { Type: not (ElfSectionType.NoBits or ElfSectionType.Null) };

    /// <summary>The sections of split units (DWARF 5, section 7.3.2).</summary>
    /// <param name="image">The file, or the package.</param>
    /// <param name="code">Where the program that was linked has its code.</param>
    /// <param name="part">In a package, which parts of the sections are of the unit in question.</param>
    public static DwarfSections OfSplit(ElfImage image, CodeSections code, PackagePart? part) => new(image, code, ".dwo", part);

    /// <summary>A cursor over a section's bytes, in the file's byte order.</summary>
    public ByteReader Read(ReadOnlySpan<byte> section, string where) => new(section, where, IsBigEndian);

    private ReadOnlySpan<byte> Get(ElfSection? section) => section is null ? default : _image.GetData(section);

    private ReadOnlySpan<byte> Get(ElfSection? section, PackageSlice? slice) => slice is { } part ? part.Of(Get(section), section?.Name ?? "") : Get(section);

    private ElfSection? Find(string name) => Find(_image, name, _suffix);

    private static ElfSection? Find(ElfImage image, string name, string suffix) =>
        image.FindSection(".debug_" + name + suffix) ?? image.FindSection(".zdebug_" + name + suffix);
}

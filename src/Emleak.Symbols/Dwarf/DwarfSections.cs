using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>
/// The debug sections of one file. Each is read in place, or expanded when first asked for; empty when absent.
/// Every property throws <see cref="MalformedDataException"/> when its section lies outside the file or does not expand.
/// </summary>
internal sealed class DwarfSections(ElfImage image)
{
    private readonly ElfImage _image = image;
    private readonly ElfSection? _information = Find(image, "info");
    private readonly ElfSection? _abbreviations = Find(image, "abbrev");
    private readonly ElfSection? _addresses = Find(image, "addr");
    private readonly ElfSection? _addressRanges = Find(image, "aranges");
    private readonly ElfSection? _lines = Find(image, "line");
    private readonly ElfSection? _lineStrings = Find(image, "line_str");
    private readonly ElfSection? _rangeLists = Find(image, "rnglists");
    private readonly ElfSection? _ranges = Find(image, "ranges");
    private readonly ElfSection? _strings = Find(image, "str");
    private readonly ElfSection? _stringOffsets = Find(image, "str_offsets");

    public bool IsBigEndian => _image.IsBigEndian;

    public CodeSections Code { get; } = new(image);

    public ReadOnlySpan<byte> Information => Get(_information);

    public ReadOnlySpan<byte> Abbreviations => Get(_abbreviations);

    public ReadOnlySpan<byte> Addresses => Get(_addresses);

    public ReadOnlySpan<byte> AddressRanges => Get(_addressRanges);

    public ReadOnlySpan<byte> Lines => Get(_lines);

    public ReadOnlySpan<byte> LineStrings => Get(_lineStrings);

    public ReadOnlySpan<byte> RangeLists => Get(_rangeLists);

    public ReadOnlySpan<byte> Ranges => Get(_ranges);

    public ReadOnlySpan<byte> Strings => Get(_strings);

    public ReadOnlySpan<byte> StringOffsets => Get(_stringOffsets);

    /// <summary>True when the file describes its functions.</summary>
    public static bool Exist(ElfImage image) => Find(image, "info") is { Type: not (ElfSectionType.NoBits or ElfSectionType.Null) };

    /// <summary>A cursor over a section's bytes, in the file's byte order.</summary>
    public ByteReader Read(ReadOnlySpan<byte> section, string where) => new(section, where, IsBigEndian);

    private ReadOnlySpan<byte> Get(ElfSection? section) => section is null ? default : _image.GetData(section);

    private static ElfSection? Find(ElfImage image, string name) => image.FindSection(".debug_" + name) ?? image.FindSection(".zdebug_" + name);
}

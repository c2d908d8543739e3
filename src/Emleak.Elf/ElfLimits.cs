namespace Emleak.Elf;

/// <summary>
/// What a reader accepts from files that it does not trust. Checked before anything is allocated; what exceeds a limit is refused as
/// <see cref="MalformedDataException"/>, "limit reached".
/// </summary>
public sealed record ElfLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static ElfLimits Default { get; } = new();

    /// <summary>Most section headers read. Files built with <c>-ffunction-sections</c> have tens of thousands.</summary>
    public int MaxSections { get; init; } = 1 << 18;

    /// <summary>Most bytes that the names of all sections may have together.</summary>
    public int MaxSectionNameBytes { get; init; } = 1 << 24;

    /// <summary>Most program headers read.</summary>
    public int MaxSegments { get; init; } = 1 << 16;

    /// <summary>Where a name is cut, in bytes: of a symbol, a section, a source file.</summary>
    public int MaxNameBytes { get; init; } = 1 << 12;

    /// <summary>Most bytes of memory that the sections of one file, and the tables made of them, may take.</summary>
    public long MaxFileBytes { get; init; } = 3L << 28;

    /// <summary>The same for all files that are read together: those of one process.</summary>
    public long MaxTotalBytes { get; init; } = 1L << 30;

    /// <summary>Largest size, in bytes, that one compressed section may grow to.</summary>
    public long MaxDecompressedBytes { get; init; } = 3L << 28;

    /// <summary>
    /// Largest ratio of decompressed to compressed size of sections above <see cref="AnyRatioBytes"/>. Debug information reaches 20, string tables 50;
    /// the formats themselves a thousand and more.
    /// </summary>
    public int MaxCompressionRatio { get; init; } = 128;

    /// <summary>Sections that grow to no more than this may have been compressed by any ratio.</summary>
    public int AnyRatioBytes { get; init; } = 1 << 24;
}

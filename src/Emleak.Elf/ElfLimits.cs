namespace Emleak.Elf;

/// <summary>What a reader accepts from a file that it does not trust. Checked before anything is allocated.</summary>
public sealed record ElfLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static ElfLimits Default { get; } = new();

    /// <summary>Most section headers read. Files built with <c>-ffunction-sections</c> have tens of thousands.</summary>
    public int MaxSections { get; init; } = 1 << 20;

    /// <summary>Most bytes that the names of all sections may have together.</summary>
    public int MaxSectionNameBytes { get; init; } = 1 << 26;

    /// <summary>Most program headers read.</summary>
    public int MaxSegments { get; init; } = 1 << 16;

    /// <summary>Longest symbol name, in bytes. Names of C++ templates reach some 100,000.</summary>
    public int MaxSymbolNameBytes { get; init; } = 1 << 20;

    /// <summary>Largest size, in bytes, that one compressed section may grow to.</summary>
    public long MaxDecompressedBytes { get; init; } = 1L << 31;

    /// <summary>Largest ratio of decompressed to compressed size. DWARF reaches 20; zlib itself cannot exceed 1032.</summary>
    public int MaxCompressionRatio { get; init; } = 1100;

    /// <summary>The same for Zstandard, which can exceed it: a string table of one repeated name does.</summary>
    public int MaxZstandardRatio { get; init; } = 4096;
}

namespace Emleak.Elf;

/// <summary>One section header, with its name resolved.</summary>
/// <param name="Index">Position in the section header table.</param>
/// <param name="Name">The name, empty when the file gives none.</param>
/// <param name="Type">What the section holds.</param>
/// <param name="Flags"><c>sh_flags</c>.</param>
/// <param name="Address">Virtual address of the first byte, as linked; 0 when not loaded.</param>
/// <param name="FileOffset">Where the bytes start in the file.</param>
/// <param name="Size">Size in bytes, as stored (compressed sections: the compressed size).</param>
/// <param name="Link"><c>sh_link</c>: for a symbol table, the index of its string table.</param>
/// <param name="Info"><c>sh_info</c>: for relocations, the index of the section they apply to.</param>
/// <param name="Alignment"><c>sh_addralign</c>.</param>
/// <param name="EntrySize">Size of one row for tables, otherwise 0.</param>
public sealed record ElfSection(
    int Index,
    string Name,
    ElfSectionType Type,
    ulong Flags,
    ulong Address,
    ulong FileOffset,
    ulong Size,
    uint Link,
    uint Info,
    ulong Alignment,
    ulong EntrySize)
{
    private const ulong FlagAllocated = 0x2;
    private const ulong FlagExecutable = 0x4;
    private const ulong FlagCompressed = 0x800;

    /// <summary>True when the section is part of the memory image.</summary>
    public bool IsAllocated => (Flags & FlagAllocated) != 0;

    /// <summary>True when the section holds instructions.</summary>
    public bool IsExecutable => (Flags & FlagExecutable) != 0;

    /// <summary>True when the stored bytes start with a compression header (gABI, "Section Compression").</summary>
    public bool IsCompressed => (Flags & FlagCompressed) != 0;
}

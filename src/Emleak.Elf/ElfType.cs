namespace Emleak.Elf;

/// <summary>What an ELF file is (<c>e_type</c>). Values outside the list occur and are kept.</summary>
public enum ElfType : ushort
{
    /// <summary>No type.</summary>
    None = 0,

    /// <summary>An object file: section-relative addresses, relocations to apply.</summary>
    Relocatable = 1,

    /// <summary>An executable at fixed addresses.</summary>
    Executable = 2,

    /// <summary>A shared library or a position-independent executable.</summary>
    Shared = 3,

    /// <summary>A core dump.</summary>
    Core = 4,
}

namespace Emleak.Elf;

/// <summary>What a section holds (<c>sh_type</c>). Values outside the list occur and are kept.</summary>
public enum ElfSectionType : uint
{
    /// <summary>An unused header.</summary>
    Null = 0,

    /// <summary>Bytes with a meaning of the program's own: code, data, debug information.</summary>
    ProgramBits = 1,

    /// <summary>The full symbol table.</summary>
    SymbolTable = 2,

    /// <summary>Strings, each ended by a zero byte.</summary>
    StringTable = 3,

    /// <summary>Relocations with addends.</summary>
    RelocationsWithAddends = 4,

    /// <summary>Notes, the build id among them.</summary>
    Notes = 7,

    /// <summary>Memory that is zero at the start and takes no room in the file.</summary>
    NoBits = 8,

    /// <summary>Relocations whose addends are in the relocated place.</summary>
    Relocations = 9,

    /// <summary>The symbols that the dynamic linker needs.</summary>
    DynamicSymbolTable = 11,
}

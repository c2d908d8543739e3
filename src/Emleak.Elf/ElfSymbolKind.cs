namespace Emleak.Elf;

/// <summary>What a symbol names (<c>STT_*</c>). Values outside the list occur and are kept.</summary>
public enum ElfSymbolKind : byte
{
    /// <summary>Not specified; hand-written assembly often leaves it so.</summary>
    None = 0,

    /// <summary>Data.</summary>
    Object = 1,

    /// <summary>Code.</summary>
    Function = 2,

    /// <summary>A section.</summary>
    Section = 3,

    /// <summary>A source file name.</summary>
    File = 4,

    /// <summary>Thread-local data.</summary>
    ThreadLocal = 6,

    /// <summary>A function that returns the address of the function to use (GNU extension).</summary>
    IndirectFunction = 10,
}

namespace Emleak.Elf;

/// <summary>Who sees a symbol (<c>STB_*</c>). Values outside the list occur and are kept.</summary>
public enum ElfSymbolBinding : byte
{
    /// <summary>Only its own object file.</summary>
    Local = 0,

    /// <summary>Everybody.</summary>
    Global = 1,

    /// <summary>Everybody, and a global one of the same name wins.</summary>
    Weak = 2,

    /// <summary>One per process, whatever defines it (GNU extension).</summary>
    Unique = 10,
}

namespace Emleak.BpfLoader.Btf;

/// <summary>What of BTF a kernel understands, beyond the kinds of 4.18.</summary>
[Flags]
public enum BtfFeatures
{
    /// <summary>Integers, pointers, arrays, structures, unions, enumerations, typedefs and modifiers: kernel 4.18.</summary>
    None = 0,

    /// <summary>Functions and their prototypes: kernel 5.0.</summary>
    Functions = 1 << 0,

    /// <summary>Variables and data sections: kernel 5.2.</summary>
    DataSections = 1 << 1,

    /// <summary>Functions that are marked global: kernel 5.6.</summary>
    GlobalFunctions = 1 << 2,

    /// <summary>Floating-point numbers: kernel 5.13.</summary>
    Floats = 1 << 3,

    /// <summary>Tags on declarations: kernel 5.16.</summary>
    DeclarationTags = 1 << 4,

    /// <summary>Tags on types: kernel 5.17.</summary>
    TypeTags = 1 << 5,

    /// <summary>64-bit enumerations, and the sign of enumerations: kernel 6.0.</summary>
    Enum64 = 1 << 6,

    /// <summary>All of these.</summary>
    All = (1 << 7) - 1,
}

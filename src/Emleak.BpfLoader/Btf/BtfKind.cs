namespace Emleak.BpfLoader.Btf;

/// <summary>What a BTF type is (<c>BTF_KIND_*</c>, kernel documentation "BPF Type Format", section 2).</summary>
public enum BtfKind : byte
{
    /// <summary>The type with number 0.</summary>
    Void = 0,

    /// <summary>An integer, a character or a boolean.</summary>
    Integer = 1,

    /// <summary>A pointer.</summary>
    Pointer = 2,

    /// <summary>An array.</summary>
    Array = 3,

    /// <summary>A structure.</summary>
    Struct = 4,

    /// <summary>A union.</summary>
    Union = 5,

    /// <summary>An enumeration of at most 32-bit values.</summary>
    Enum = 6,

    /// <summary>A structure or union that is declared and not defined.</summary>
    Forward = 7,

    /// <summary>Another name for a type.</summary>
    Typedef = 8,

    /// <summary><c>volatile</c>.</summary>
    Volatile = 9,

    /// <summary><c>const</c>.</summary>
    Const = 10,

    /// <summary><c>restrict</c>.</summary>
    Restrict = 11,

    /// <summary>A function: a name and a prototype (since kernel 5.0).</summary>
    Function = 12,

    /// <summary>The parameters and result of a function (since kernel 5.0).</summary>
    FunctionPrototype = 13,

    /// <summary>A global variable (since kernel 5.2).</summary>
    Variable = 14,

    /// <summary>A section that holds variables (since kernel 5.2).</summary>
    DataSection = 15,

    /// <summary>A floating-point number (since kernel 5.13).</summary>
    Float = 16,

    /// <summary>A tag on a declaration (since kernel 5.16).</summary>
    DeclarationTag = 17,

    /// <summary>A tag on a type (since kernel 5.17).</summary>
    TypeTag = 18,

    /// <summary>An enumeration of 64-bit values (since kernel 6.0).</summary>
    Enum64 = 19,
}

namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>Yes-or-no properties of a node; each kind of node knows a few of them.</summary>
[Flags]
internal enum NodeFlags : ushort
{
    None = 0,

    // Of types and functions.
    Const = 1,
    Volatile = 2,
    Restrict = 4,
    LValue = 8,
    RValue = 16,
    Unsigned = 32,

    // Of expressions.
    Global = 64,
    Array = 128,
    Left = 256,
    Parenthesized = 512,
    Noexcept = 1024,

    // Of module names.
    Partition = 2048,

    /// <summary>Set while the node is being printed: a malformed name can make a node contain itself.</summary>
    Printing = 4096,
}

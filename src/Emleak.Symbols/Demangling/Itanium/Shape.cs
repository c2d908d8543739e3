namespace Emleak.Symbols.Demangling.Itanium;

/// <summary>
/// How a declarator is laid out around a node. C++ writes arrays and functions on both sides of what they declare:
/// <c>int (*name)[3]</c>. "Unknown" depends on the pack element or template argument that is being printed.
/// </summary>
[Flags]
internal enum Shape : byte
{
    Plain = 0,

    /// <summary>Something is written to the right of the declared name.</summary>
    Right = 1,
    RightUnknown = 2,

    /// <summary>An array, perhaps qualified.</summary>
    Array = 4,
    ArrayUnknown = 8,

    /// <summary>A function, perhaps qualified.</summary>
    Function = 16,
    FunctionUnknown = 32,

    AnyRight = Right | RightUnknown,
    Unknown = RightUnknown | ArrayUnknown | FunctionUnknown,
}

namespace Emleak.Symbols;

/// <summary>What is known about one address. Frames are immutable and may be shared between stacks.</summary>
public sealed record Frame
{
    /// <summary>The address that was asked for.</summary>
    public required ulong Address { get; init; }

    /// <summary>What the caller said the address is.</summary>
    public required AddressKind Kind { get; init; }

    /// <summary>The function's name as stored in the symbol table (mangled); null for the reason in <see cref="Reason"/>.</summary>
    public string? Function { get; init; }

    /// <summary>Distance in bytes from the start of <see cref="Function"/> to <see cref="Address"/>.</summary>
    public ulong Offset { get; init; }

    /// <summary>
    /// Path of the file that the address belongs to, as the target sees it; a name in brackets for memory that the kernel
    /// provides; null when it is neither.
    /// </summary>
    public string? Module { get; init; }

    /// <summary>The address as linked into the file: what <c>addr2line</c> and <c>objdump</c> want. 0 when unknown.</summary>
    public ulong ModuleAddress { get; init; }

    /// <summary>Why there is no name.</summary>
    public MissingReason Reason { get; init; }

    /// <summary>More about <see cref="Reason"/> for people, or null: the error message for a file that cannot be used.</summary>
    public string? Detail { get; init; }
}

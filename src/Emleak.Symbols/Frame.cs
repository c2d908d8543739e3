namespace Emleak.Symbols;

/// <summary>What is known about one address. Frames are immutable and may be shared between stacks.</summary>
public sealed record Frame
{
    /// <summary>The address that was asked for.</summary>
    public required ulong Address { get; init; }

    /// <summary>What the caller said the address is.</summary>
    public required AddressKind Kind { get; init; }

    /// <summary>
    /// Name of the function that has the code, as stored in the symbol table or else in the debug information (mangled);
    /// null for the reason in <see cref="Reason"/>.
    /// </summary>
    public string? Function { get; init; }

    /// <summary>Distance in bytes from the start of <see cref="Function"/> to <see cref="Address"/>.</summary>
    public ulong Offset { get; init; }

    /// <summary>
    /// Path of the source file of <see cref="Function"/>, as the compiler was given it; without debug information a name without folder,
    /// if the symbol table has one; null when not known or not asked for (<see cref="SymbolizeOptions.IncludeSources"/>).
    /// </summary>
    public string? File { get; init; }

    /// <summary>
    /// Line in <see cref="File"/>, from 1; 0 when not known. When calls were inlined at the address, it is the line of the
    /// outermost of them, as it is the line of the call for a caller in a stack.
    /// </summary>
    public int Line { get; init; }

    /// <summary>Column in <see cref="Line"/>, from 1; 0 when not known.</summary>
    public int Column { get; init; }

    /// <summary>
    /// The calls that were inlined into <see cref="Function"/> at the address, the innermost first: in a stack that starts with the leaf,
    /// they stand before this frame.
    /// </summary>
    public IReadOnlyList<InlinedFrame> Inlined { get; init; } = [];

    /// <summary>What is wrong with the module's debug information, for people; null when nothing is known to be.</summary>
    public string? SourceProblem { get; init; }

    /// <summary>
    /// Path of the file that the address belongs to, as the target sees it; a name in brackets for other memory: <c>[jit]</c> for code
    /// that a run-time compiler has named, <c>[kernel]</c> and the kernel's modules, <c>[vdso]</c>, <c>[heap]</c>, <c>[anon]</c>; null when there
    /// is no memory.
    /// </summary>
    public string? Module { get; init; }

    /// <summary>
    /// The address as linked into the file: what <c>addr2line</c> and <c>objdump</c> want; the distance from the start of the mapping when there
    /// is no file. 0 when unknown.
    /// </summary>
    public ulong ModuleAddress { get; init; }

    /// <summary>Why there is no name.</summary>
    public MissingReason Reason { get; init; }

    /// <summary>More about <see cref="Reason"/> for people, or null: the error message for a file that cannot be used.</summary>
    public string? Detail { get; init; }

    /// <summary>The tables to look the code up in; null when there are none.</summary>
    internal ModuleSymbols? Symbols { get; init; }

    /// <summary>How far before <see cref="Address"/> lies what is looked up, in bytes: the end of the call before a return address.</summary>
    internal ulong Back => Kind == AddressKind.Return && Address != 0 ? 1u : 0u;
}

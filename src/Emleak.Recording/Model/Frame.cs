namespace Emleak.Recordings.Model;

/// <summary>One code address of a stack, and what is known about it.</summary>
public sealed record Frame
{
    /// <summary>The address in the target's memory.</summary>
    public required ulong Address { get; init; }

    /// <summary>True when it is the address of an instruction; false when it is a return address, and the call is before it.</summary>
    public bool IsExact { get; init; }

    /// <summary>Index of the module; -1 when there is no memory at the address.</summary>
    public int Module { get; init; } = -1;

    /// <summary>The address as linked into the module's file; distance from the mapping's start when there is no file.</summary>
    public ulong ModuleAddress { get; init; }

    /// <summary>Index of the function that has the code; -1 for the reason in <see cref="Reason"/>.</summary>
    public int Function { get; init; } = -1;

    /// <summary>Distance from the function's start, in bytes.</summary>
    public ulong FunctionOffset { get; init; }

    /// <summary>Path of the source file; null when not known.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, from 1; 0 when not known.</summary>
    public int Line { get; init; }

    /// <summary>Column in <see cref="Line"/>, from 1; 0 when not known.</summary>
    public int Column { get; init; }

    /// <summary>The calls that were inlined into the function at the address, innermost first.</summary>
    public IReadOnlyList<InlinedCall> Inlined { get; init; } = [];

    /// <summary>Why there is no function.</summary>
    public MissingName Reason { get; init; }

    /// <summary>Distance from the start of what names the frame, in bytes: the function, else the module, else nothing.</summary>
    public ulong Offset => Function >= 0 ? FunctionOffset : Module >= 0 ? ModuleAddress : Address;

    /// <inheritdoc/>
    public bool Equals(Frame? other) => other is not null && Address == other.Address && IsExact == other.IsExact && Module == other.Module
        && ModuleAddress == other.ModuleAddress && Function == other.Function && FunctionOffset == other.FunctionOffset && File == other.File
        && Line == other.Line && Column == other.Column && Reason == other.Reason && Inlined.SequenceEqual(other.Inlined);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, Module, ModuleAddress, Function, FunctionOffset, Line, Inlined.Count);
}

/// <summary>A function whose code was put into its caller's.</summary>
/// <param name="Function">Index of the function; -1 when it has no name.</param>
/// <param name="File">Path of the source file that it is executing; null when not known.</param>
/// <param name="Line">Line in that file, from 1; 0 when not known.</param>
/// <param name="Column">Column in that line, from 1; 0 when not known.</param>
public sealed record InlinedCall(int Function, string? File, int Line, int Column);

/// <summary>Why an address has no function name.</summary>
public enum MissingName
{
    /// <summary>It has one, or nobody has asked yet.</summary>
    None = 0,

    /// <summary>No memory was seen at the address.</summary>
    NotMapped,

    /// <summary>Code generated at run time.</summary>
    AnonymousCode,

    /// <summary>The memory is the kernel's, or provided by it.</summary>
    KernelProvided,

    /// <summary>The memory was never executable.</summary>
    NotCode,

    /// <summary>The file could not be opened or read.</summary>
    FileUnreadable,

    /// <summary>The file, or its symbol table, is corrupt.</summary>
    FileMalformed,

    /// <summary>The address belongs to no segment that is loaded.</summary>
    NotInSegment,

    /// <summary>The file is stripped and no separate debug file was found.</summary>
    NoSymbols,

    /// <summary>There are symbols, and none covers the address.</summary>
    NoSymbolCovers,
}

namespace Emleak.Recordings.Model;

/// <summary>A file with code in it, or other memory.</summary>
public sealed record Module
{
    /// <summary>Its path as the target sees it; a name in brackets for memory of no file: <c>[jit]</c>, <c>[vdso]</c>, <c>[heap]</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The file's build id in hexadecimal digits; null when it has none.</summary>
    public string? BuildId { get; init; }

    /// <summary>Where the target had it mapped.</summary>
    public IReadOnlyList<LoadRange> Ranges { get; init; } = [];
}

/// <summary>A part of the target's memory that a file is mapped to.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">First address after it.</param>
/// <param name="FileOffset">Offset in the file that <paramref name="Start"/> has, in bytes.</param>
public sealed record LoadRange(ulong Start, ulong End, ulong FileOffset);

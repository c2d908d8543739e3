using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>One look into the target's heap for pointers to live blocks, with Valgrind's classes.</summary>
public sealed record Scan
{
    /// <summary>When it was made.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>How long the target stood still for it, in microseconds.</summary>
    public long StoppedMicroseconds { get; init; }

    /// <summary>True when the target ran while it was scanned.</summary>
    public bool IsConcurrent { get; init; }

    /// <summary>What was found about each stack's live blocks.</summary>
    public IReadOnlyList<StackScan> Stacks { get; init; } = [];
}

/// <summary>What a scan has found about the live blocks of one stack.</summary>
public sealed record StackScan
{
    /// <summary>Index of the stack.</summary>
    public required int Stack { get; init; }

    /// <summary>Blocks that nothing points to.</summary>
    public BlockSum DefinitelyLost { get; init; }

    /// <summary>Blocks that only lost blocks point to.</summary>
    public BlockSum IndirectlyLost { get; init; }

    /// <summary>Blocks whose inside alone is pointed to.</summary>
    public BlockSum PossiblyLost { get; init; }

    /// <summary>Blocks that are pointed to.</summary>
    public BlockSum Reachable { get; init; }

    /// <summary>Bytes of its live blocks that are in memory; null when not looked at.</summary>
    public long? ResidentBytes { get; init; }

    /// <summary>Age of the oldest live block, in seconds; null when not known.</summary>
    public long? OldestSeconds { get; init; }

    /// <summary>Half of the live blocks are older, in seconds; null when not known.</summary>
    public long? MedianSeconds { get; init; }

    /// <summary>What points at most of them, in words; null when not known.</summary>
    public string? Holder { get; init; }
}

/// <summary>A number of blocks and their bytes.</summary>
/// <param name="Bytes">Bytes.</param>
/// <param name="Blocks">Blocks.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BlockSum(long Bytes, long Blocks);

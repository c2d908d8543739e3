using System.Runtime.InteropServices;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Tracing.Unwinding;

/// <summary>Executable bytes of a file, and where they were linked to be.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeSegment(ulong FileOffset, ulong Size, ulong Address)
{
    public static CodeSegment Of(in ElfSegment segment) => new(segment.FileOffset, segment.FileSize, segment.Address);

    /// <summary>
    /// The part of a mapping of the file that shows this segment: its addresses, and what they exceed the linked ones by.
    /// Null when it shows none.
    /// </summary>
    public (ulong Start, ulong End, ulong Bias)? Overlap(MemoryMapping mapping)
    {
        ulong size = mapping.End - mapping.Start;
        ulong first = Math.Max(FileOffset, mapping.FileOffset);
        ulong last = Math.Min(SaturatingSum(FileOffset, Size), SaturatingSum(mapping.FileOffset, size));
        if (first >= last) return null;
        ulong start = mapping.Start + (first - mapping.FileOffset);
        return (start, start + (last - first), unchecked(start - (Address + (first - FileOffset))));
    }

    private static ulong SaturatingSum(ulong left, ulong right) => right > ulong.MaxValue - left ? ulong.MaxValue : left + right;
}

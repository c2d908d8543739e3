using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>One program header: a part of the file that is mapped, or that tells the loader something.</summary>
/// <param name="Type"><c>p_type</c>; 1 is PT_LOAD.</param>
/// <param name="Flags"><c>p_flags</c>: 1 execute, 2 write, 4 read.</param>
/// <param name="FileOffset">Where the bytes start in the file.</param>
/// <param name="Address">Virtual address of the first byte, as linked.</param>
/// <param name="FileSize">Number of bytes in the file.</param>
/// <param name="MemorySize">Number of bytes in memory; what exceeds <paramref name="FileSize"/> is zero.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ElfSegment(
    uint Type, uint Flags, ulong FileOffset, ulong Address, ulong FileSize, ulong MemorySize)
{
    /// <summary>True for a segment that is mapped into memory.</summary>
    public bool IsLoad => Type == 1;

    /// <summary>True for a segment of notes.</summary>
    public bool IsNotes => Type == 4;

    /// <summary>True when the segment is mapped executable.</summary>
    public bool IsExecutable => (Flags & 1) != 0;
}

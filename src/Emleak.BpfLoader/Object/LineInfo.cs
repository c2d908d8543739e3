using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>The source line that instructions were compiled from (<c>.BTF.ext</c>, line_info), as the kernel takes it.</summary>
/// <param name="Instruction">Index of the first slot that the line covers, in the linked program.</param>
/// <param name="FileNameOffset">Offset of the file name in the BTF strings.</param>
/// <param name="LineOffset">Offset of the line's text in the BTF strings.</param>
/// <param name="Location">Line number in the upper 22 bits, column in the lower 10.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct LineInfo(int Instruction, uint FileNameOffset, uint LineOffset, uint Location)
{
    /// <summary>Line number, from 1.</summary>
    public int Line => (int)(Location >> 10);

    /// <summary>Column, from 1; 0 when unknown.</summary>
    public int Column => (int)(Location & 0x3ff);
}

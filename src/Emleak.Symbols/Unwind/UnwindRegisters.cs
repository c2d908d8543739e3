using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>DWARF numbers of the registers that a walk knows.</summary>
/// <param name="StackPointer">rsp; sp.</param>
/// <param name="FramePointer">rbp; x29.</param>
/// <param name="ReturnAddress">The column of the return address; x30 itself on aarch64.</param>
/// <param name="InitialReturnAddress">Where a function finds its return address, in words from the CFA; 0 for the register.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UnwindRegisters(uint StackPointer, uint FramePointer, uint ReturnAddress, short InitialReturnAddress)
{
    /// <summary>Null for an architecture whose stacks cannot be walked.</summary>
    public static UnwindRegisters? Of(ElfImage image) => (image.Machine, image.Is64Bit, image.IsBigEndian) switch
    {
        // System V ABI, AMD64 supplement, figure 3.36.
        (ElfMachine.X64, true, false) => new(7, 6, 16, -1),

        // DWARF for the Arm 64-bit Architecture, section 4.1.
        (ElfMachine.Arm64, true, false) => new(31, 29, 30, 0),
        _ => null,
    };
}

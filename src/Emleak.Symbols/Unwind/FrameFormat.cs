using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>How one section of call-frame information is written.</summary>
/// <param name="Where">The section's name, for messages.</param>
/// <param name="Address">The address, as linked, of its first byte.</param>
/// <param name="Is64Bit">True for a 64-bit file.</param>
/// <param name="IsDebugFrame">True for the format of <c>.debug_frame</c>.</param>
/// <param name="EndsAtEmptyEntry">True when nothing else tells the section's end.</param>
/// <param name="Registers">The architecture's registers.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameFormat(
    string Where, ulong Address, bool Is64Bit, bool IsDebugFrame, bool EndsAtEmptyEntry, UnwindRegisters Registers)
{
    /// <summary>Reads the address of an instruction.</summary>
    public ulong ReadAddress(ref ByteReader reader, CommonEntry common) =>
        IsDebugFrame && common.Encoding == 0 ? reader.ReadWord(common.AddressSize == 8) : FramePointerEncoding.Read(ref reader, common.Encoding, Address, Is64Bit);

    /// <summary>Reads how many bytes of code there are.</summary>
    public ulong ReadLength(ref ByteReader reader, CommonEntry common) =>
        IsDebugFrame && common.Encoding == 0
            ? reader.ReadWord(common.AddressSize == 8)
            : FramePointerEncoding.Read(ref reader, FramePointerEncoding.FormatOf(common.Encoding), Address, Is64Bit);
}

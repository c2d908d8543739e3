using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>How one section of call-frame information is written.</summary>
/// <param name="Where">The section's name, for messages.</param>
/// <param name="Bases">What its pointers are relative to.</param>
/// <param name="IsDebugFrame">True for the format of <c>.debug_frame</c>.</param>
/// <param name="EndsAtEmptyEntry">True when nothing else tells the section's end.</param>
/// <param name="Registers">The architecture's registers.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameFormat(
    string Where, FrameBases Bases, bool IsDebugFrame, bool EndsAtEmptyEntry, UnwindRegisters Registers)
{
    /// <summary>Reads the address of an instruction.</summary>
    public ulong ReadAddress(ref ByteReader reader, CommonEntry common) =>
        IsDebugFrame && common.Encoding == 0 ? reader.ReadWord(common.AddressSize == 8) : FramePointerEncoding.Read(ref reader, common.Encoding, Bases);

    /// <summary>Reads how many bytes of code there are.</summary>
    public ulong ReadLength(ref ByteReader reader, CommonEntry common) =>
        IsDebugFrame && common.Encoding == 0
            ? reader.ReadWord(common.AddressSize == 8)
            : FramePointerEncoding.Read(ref reader, FramePointerEncoding.FormatOf(common.Encoding), Bases);
}

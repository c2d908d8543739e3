using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>One 8-byte BPF instruction slot (RFC 9669, section 3). A 64-bit immediate load takes two slots.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public struct BpfInstruction : IEquatable<BpfInstruction>
{
    /// <summary>Operation and class.</summary>
    public byte Code;

    /// <summary>Destination register in the low four bits, source register in the high four.</summary>
    public byte Registers;

    /// <summary>Signed offset of a jump, in slots, or of a memory access, in bytes.</summary>
    public short Offset;

    /// <summary>Signed immediate.</summary>
    public int Immediate;

    /// <summary>Destination register number.</summary>
    public byte Destination
    {
        readonly get => (byte)(Registers & 15);
        set => Registers = (byte)((Registers & 0xf0) | (value & 15));
    }

    /// <summary>Source register number; for calls and 64-bit loads a pseudo number that gives the immediate its meaning.</summary>
    public byte Source
    {
        readonly get => (byte)(Registers >> 4);
        set => Registers = (byte)((Registers & 15) | (value << 4));
    }

    /// <inheritdoc/>
    public readonly bool Equals(BpfInstruction other) =>
        Code == other.Code && Registers == other.Registers && Offset == other.Offset && Immediate == other.Immediate;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is BpfInstruction other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Code, Registers, Offset, Immediate);

    /// <summary>Compares all fields.</summary>
    public static bool operator ==(BpfInstruction left, BpfInstruction right) => left.Equals(right);

    /// <summary>Compares all fields.</summary>
    public static bool operator !=(BpfInstruction left, BpfInstruction right) => !left.Equals(right);
}

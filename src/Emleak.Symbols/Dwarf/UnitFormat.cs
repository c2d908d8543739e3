using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>What decides how wide the values of a unit are.</summary>
/// <param name="Version">DWARF version, 2 to 5.</param>
/// <param name="AddressSize">Bytes of an address: 2, 4 or 8.</param>
/// <param name="Is64">True for the 64-bit format, where offsets have 8 bytes.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UnitFormat(ushort Version, byte AddressSize, bool Is64)
{
    // Lengths from here on are escapes (DWARF 5, section 7.4); the last one announces the 64-bit format.
    private const uint FirstEscape = 0xfffffff0;
    private const uint Escape64 = 0xffffffff;

    public int OffsetSize => Is64 ? 8 : 4;

    public ulong HighestAddress => ulong.MaxValue >> (64 - (8 * AddressSize));

    public static bool IsAddressSize(byte size) => size is 2 or 4 or 8;

    /// <summary>Reads the length that starts a unit, a line program or a table, and checks that as many bytes follow.</summary>
    /// <exception cref="MalformedDataException">The length is an unknown escape, or leads out of the section.</exception>
    public static int ReadLength(ref ByteReader reader, string where, out bool is64)
    {
        int start = reader.Position;
        ulong length = reader.ReadU32();
        is64 = length == Escape64;
        if (is64) length = reader.ReadU64();
        else if (length >= FirstEscape) throw new MalformedDataException(where, start, $"unknown length 0x{length:x}");
        if (length > (ulong)reader.Remaining)
        {
            throw new MalformedDataException(where, start, $"0x{length:x} bytes announced, 0x{reader.Remaining:x} left");
        }

        return (int)length;
    }

    public ulong ReadAddress(ref ByteReader reader) => AddressSize switch
    {
        8 => reader.ReadU64(),
        4 => reader.ReadU32(),
        _ => reader.ReadU16(),
    };
}

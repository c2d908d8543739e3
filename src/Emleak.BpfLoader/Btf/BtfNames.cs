using System.Buffers.Binary;
using System.Numerics;

namespace Emleak.BpfLoader.Btf;

/// <summary>Names of types as UTF-8 bytes.</summary>
internal static class BtfNames
{
    /// <summary>
    /// The name without a CO-RE flavour: <c>task_struct___old</c> is another view of <c>task_struct</c>. The separator is
    /// exactly three underscores with something else on either side; the last one counts.
    /// </summary>
    public static ReadOnlySpan<byte> WithoutFlavour(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = name;
        while (true)
        {
            int at = rest.LastIndexOf("___"u8);
            if (at < 0) return name;
            bool startsRun = at > 0 && name[at - 1] != '_';
            bool endsRun = at + 3 < name.Length && name[at + 3] != '_';
            if (startsRun && endsRun) return name[..at];
            rest = rest[..(at + 2)];
        }
    }

    public static uint Hash(ReadOnlySpan<byte> name)
    {
        const ulong Multiplier = 0x9e3779b97f4a7c15;
        ulong hash = (ulong)name.Length;
        while (name.Length >= 8)
        {
            hash = (BitOperations.RotateLeft(hash, 27) ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Multiplier;
            name = name[8..];
        }

        ulong last = 0;
        foreach (byte letter in name) last = (last << 8) | letter;
        hash = (BitOperations.RotateLeft(hash, 27) ^ last) * Multiplier;
        return (uint)(hash >> 32);
    }
}

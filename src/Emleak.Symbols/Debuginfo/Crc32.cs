using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>The checksum of <c>.gnu_debuglink</c>: CRC-32 with the reversed polynomial 0xEDB88320, as in zlib.</summary>
internal static class Crc32
{
    private const int ChunkBytes = 1 << 24;
    private static readonly uint[] Table = MakeTable();

    public static uint Compute(ElfImage file)
    {
        uint crc = uint.MaxValue;
        for (long offset = 0; offset < file.Length; offset += ChunkBytes)
        {
            long size = Math.Min(ChunkBytes, file.Length - offset);
            crc = Append(crc, file.GetBytes((ulong)offset, (ulong)size));
        }

        return ~crc;
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        foreach (byte value in bytes) crc = table[(byte)(crc ^ value)] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ ((value & 1) * 0xEDB88320);
            table[i] = value;
        }

        return table;
    }
}

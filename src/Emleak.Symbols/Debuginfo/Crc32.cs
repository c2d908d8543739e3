using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>The checksum of <c>.gnu_debuglink</c>: CRC-32 with the reversed polynomial 0xEDB88320, as in zlib.</summary>
internal static class Crc32
{
    private const int ChunkBytes = 1 << 20;

    // Files without build ids are small, or old. This many take two seconds or three.
    private const long MaxBytes = 1L << 30;
    private static readonly uint[] Table = MakeTable();

    /// <exception cref="MalformedDataException">The file is too large for it, or has shrunk.</exception>
    public static uint Compute(ElfImage file)
    {
        if (file.Length > MaxBytes) throw new MalformedDataException("checksum", 0, $"limit reached: a file of {file.Length} bytes");
        uint crc = uint.MaxValue;
        byte[] buffer = new byte[ChunkBytes];
        for (long offset = 0; offset < file.Length; offset += ChunkBytes)
        {
            Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, file.Length - offset));
            file.Read((ulong)offset, chunk, "checksum");
            crc = Append(crc, chunk);
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

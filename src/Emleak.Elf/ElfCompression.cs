using System.IO.Compression;

namespace Emleak.Elf;

/// <summary>Expands sections with SHF_COMPRESSED (gABI, "Section Compression").</summary>
internal static class ElfCompression
{
    private const uint Zlib = 1;

    public static unsafe byte[] Decompress(
        ReadOnlySpan<byte> stored, string name, bool is64, bool bigEndian, ElfLimits limits)
    {
        ByteReader reader = new(stored, name, bigEndian);
        uint type = reader.ReadU32();
        if (is64) reader.Skip(4);
        ulong size = reader.ReadWord(is64);
        reader.ReadWord(is64);
        ReadOnlySpan<byte> packed = reader.ReadBytes(reader.Remaining);
        if (type != Zlib) throw new MalformedDataException(name, 0, $"compression type {type} is not supported");
        if (size > (ulong)limits.MaxDecompressedBytes || size > (ulong)packed.Length * (ulong)limits.MaxCompressionRatio || size > (ulong)Array.MaxLength)
        {
            throw new MalformedDataException(name, 0, $"claims to grow from {packed.Length} to {size} bytes");
        }

        var data = new byte[size];
        fixed (byte* start = packed)
        {
            using UnmanagedMemoryStream source = new(start, packed.Length);
            using ZLibStream zlib = new(source, CompressionMode.Decompress);
            try
            {
                zlib.ReadExactly(data);
                if (zlib.ReadByte() < 0) return data;
            }
            catch (Exception problem) when (problem is InvalidDataException or IOException)
            {
                throw new MalformedDataException(name, 0, $"does not decompress: {problem.Message}");
            }
        }

        throw new MalformedDataException(name, 0, "decompresses to more bytes than it claims");
    }
}

using System.IO.Compression;
using ZstdSharp;

namespace Emleak.Elf;

/// <summary>
/// Expands compressed sections: SHF_COMPRESSED (gABI, "Section Compression") and its forerunner, sections called
/// <c>.zdebug_*</c> that start with "ZLIB" and their size.
/// </summary>
internal static class ElfCompression
{
    private const uint Zlib = 1;
    private const uint Zstandard = 2;

    /// <summary>True for a section of the older kind.</summary>
    public static bool IsOldStyle(ReadOnlySpan<byte> stored, string name) =>
        name.StartsWith(".zdebug_", StringComparison.Ordinal) && stored.StartsWith("ZLIB"u8);

    public static NativeBytes DecompressOldStyle(ReadOnlySpan<byte> stored, string name, ElfLimits limits)
    {
        ByteReader reader = new(stored, name, bigEndian: true);
        reader.Skip(4);
        ulong size = reader.ReadU64();
        return Decompress(Zlib, reader.ReadBytes(reader.Remaining), size, name, limits);
    }

    public static NativeBytes Decompress(
        ReadOnlySpan<byte> stored, string name, bool is64, bool bigEndian, ElfLimits limits)
    {
        ByteReader reader = new(stored, name, bigEndian);
        uint type = reader.ReadU32();
        if (is64) reader.Skip(4);
        ulong size = reader.ReadWord(is64);
        reader.ReadWord(is64);
        return Decompress(type, reader.ReadBytes(reader.Remaining), size, name, limits);
    }

    private static unsafe NativeBytes Decompress(uint type, ReadOnlySpan<byte> packed, ulong size, string name, ElfLimits limits)
    {
        CheckSize(type, packed.Length, size, name, limits);
        NativeBytes data = new((int)size);
        try
        {
            DecompressInto(data.Span, type, packed, name);
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static unsafe void DecompressInto(Span<byte> data, uint type, ReadOnlySpan<byte> packed, string name)
    {
        fixed (byte* start = packed)
        {
            using UnmanagedMemoryStream source = new(start, packed.Length);
            using Stream unpacked = type == Zlib
                ? new ZLibStream(source, CompressionMode.Decompress)
                : new DecompressionStream(source);
            try
            {
                unpacked.ReadExactly(data);
                if (unpacked.ReadByte() < 0) return;
            }
            catch (Exception problem) when (problem is InvalidDataException or IOException or ZstdException)
            {
                throw new MalformedDataException(name, 0, $"does not decompress: {SystemError.Describe(problem)}");
            }
        }

        throw new MalformedDataException(name, 0, "decompresses to more bytes than it claims");
    }

    private static void CheckSize(uint type, int packed, ulong size, string name, ElfLimits limits)
    {
        ulong ratio = type switch
        {
            Zlib => (ulong)limits.MaxCompressionRatio,
            Zstandard => (ulong)limits.MaxZstandardRatio,
            _ => throw new MalformedDataException(name, 0, $"compression type {type} is not supported"),
        };
        if (size > (ulong)limits.MaxDecompressedBytes || size > (ulong)packed * ratio || size > (ulong)Array.MaxLength)
        {
            throw new MalformedDataException(name, 0, $"claims to grow from {packed} to {size} bytes");
        }
    }
}

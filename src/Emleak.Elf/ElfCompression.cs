using System.IO.Compression;
using ZstdSharp;

namespace Emleak.Elf;

/// <summary>
/// Expands compressed sections: SHF_COMPRESSED (gABI, "Section Compression") and its forerunner, sections called
/// <c>.zdebug_*</c> that start with "ZLIB" and their size. Only debug sections are: nothing that a linker, <c>objcopy</c> or <c>dwz</c> makes has others.
/// </summary>
internal static class ElfCompression
{
    private const uint Zlib = 1;
    private const uint Zstandard = 2;

    /// <summary>True for the name of a section of the older kind.</summary>
    public static bool IsOldStyle(string name) => name.StartsWith(".zdebug_", StringComparison.Ordinal);

    /// <summary>Expands a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="stored">Its bytes as stored.</param>
    /// <param name="image">Its file, whose budget pays.</param>
    /// <exception cref="MalformedDataException">It does not expand, grows to more than the limits allow, or is none that may be compressed.</exception>
    public static NativeBytes Expand(ElfSection section, ReadOnlySpan<byte> stored, ElfImage image)
    {
        string name = section.Name;
        if (!section.IsCompressed && !stored.StartsWith("ZLIB"u8)) return Copy(stored, name, image.Budget);
        if (section.IsAllocated || !(name.StartsWith(".debug_", StringComparison.Ordinal) || IsOldStyle(name)))
        {
            throw new MalformedDataException(name, 0, "compressed, which only debug sections may be");
        }

        ByteReader reader = new(stored, name, !section.IsCompressed || image.IsBigEndian);
        (uint type, ulong size) = section.IsCompressed ? ReadHeader(ref reader, image.Is64Bit) : ReadOldHeader(ref reader);
        if (type is not (Zlib or Zstandard)) throw new MalformedDataException(name, 0, $"compression type {type} is not supported");
        return Decompress(type, reader.ReadBytes(reader.Remaining), size, name, image);
    }

    private static (uint Type, ulong Size) ReadHeader(ref ByteReader reader, bool is64)
    {
        uint type = reader.ReadU32();
        if (is64) reader.Skip(4);
        ulong size = reader.ReadWord(is64);
        reader.ReadWord(is64);
        return (type, size);
    }

    private static (uint Type, ulong Size) ReadOldHeader(ref ByteReader reader)
    {
        reader.Skip(4);
        return (Zlib, reader.ReadU64());
    }

    private static NativeBytes Copy(ReadOnlySpan<byte> stored, string name, MemoryBudget budget)
    {
        NativeBytes data = new(stored.Length, budget, name);
        stored.CopyTo(data.Span);
        return data;
    }

    private static NativeBytes Decompress(uint type, ReadOnlySpan<byte> packed, ulong size, string name, ElfImage image)
    {
        CheckSize(packed.Length, size, name, image.Limits);
        if (packed.IsEmpty) return new NativeBytes(0, image.Budget, name);
        NativeBytes data = new((int)size, image.Budget, name);
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

    private static void CheckSize(int packed, ulong size, string name, ElfLimits limits)
    {
        bool isTooLarge = size > (ulong)limits.MaxDecompressedBytes || size > (ulong)Array.MaxLength;
        if (packed == 0 && size > 0) throw new MalformedDataException(name, 0, "nothing to decompress");
        if (isTooLarge || (size > (ulong)limits.AnyRatioBytes && size > (ulong)packed * (ulong)limits.MaxCompressionRatio))
        {
            throw new MalformedDataException(name, 0, $"limit reached: claims to grow from {packed} to {size} bytes");
        }
    }
}

using Emleak.Elf;

namespace Emleak.Symbols.Debuginfo;

/// <summary>
/// What an xz file says that it will take to expand it, read from its index and the headers of its blocks (The .xz File Format, version
/// 1.2.1), before anything is allocated for it.
/// </summary>
internal static class XzSize
{
    private const int HeaderBytes = 12;
    private const int FooterBytes = 12;
    private const int MaxBlocks = 1 << 12;
    private const ulong Lzma2 = 0x21;

    // "xz -9" takes 64 MiB: size code 28 (section 5.3.1).
    private const int LargestDictionaryCode = 28;
    private const string Where = ".gnu_debugdata";

    /// <summary>Size of the expanded data in bytes.</summary>
    /// <exception cref="MalformedDataException">The file is damaged, needs an outsized dictionary, or is made in a way that nothing known makes.</exception>
    public static ulong Measure(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes + FooterBytes || !file.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
        {
            throw new MalformedDataException(Where, 0, "not an xz file");
        }

        ByteReader footer = new(file[^FooterBytes..], Where);
        footer.Skip(4);
        long indexBytes = (footer.ReadU32() + 1L) * 4;
        long blockBytes = file.Length - FooterBytes - indexBytes - HeaderBytes;
        if (blockBytes < 0) throw new MalformedDataException(Where, file.Length, "the index is larger than the file");
        ReadOnlySpan<byte> index = file.Slice(HeaderBytes + (int)blockBytes, (int)indexBytes);
        return Measure(file.Slice(HeaderBytes, (int)blockBytes), new ByteReader(index, Where));
    }

    private static ulong Measure(ReadOnlySpan<byte> blocks, ByteReader index)
    {
        if (index.ReadU8() != 0) throw new MalformedDataException(Where, 0, "no index");
        ulong count = index.ReadUleb128();
        if (count > MaxBlocks) throw new MalformedDataException(Where, 0, $"{count} blocks, at most {MaxBlocks} are accepted");
        ByteReader reader = new(blocks, Where);
        ulong total = 0;
        for (ulong i = 0; i < count; i++)
        {
            ulong unpadded = index.ReadUleb128();
            ulong expanded = index.ReadUleb128();
            if (unpadded > (ulong)reader.Remaining) throw new MalformedDataException(Where, reader.Position, "a block ends after the data");
            CheckHeader(blocks.Slice(reader.Position, (int)unpadded));
            reader.Seek(((ulong)reader.Position + unpadded + 3) & ~3UL);
            if (expanded > int.MaxValue) throw new MalformedDataException(Where, 0, $"a block grows to {expanded} bytes");
            total += expanded;
        }

        if (reader.Remaining != 0) throw new MalformedDataException(Where, reader.Position, "data between the blocks and the index");
        return total;
    }

    private static void CheckHeader(ReadOnlySpan<byte> block)
    {
        const int SizesFlags = 0xc0, CompressedFlag = 0x40, ExpandedFlag = 0x80, FilterBits = 3;
        ByteReader header = new(block, Where);
        header.ReadU8();
        byte flags = header.ReadU8();
        if ((flags & ~(SizesFlags | FilterBits)) != 0) throw new MalformedDataException(Where, 0, "unknown flags of a block");
        if ((flags & CompressedFlag) != 0) header.ReadUleb128();
        if ((flags & ExpandedFlag) != 0) header.ReadUleb128();
        for (int left = (flags & FilterBits) + 1; left > 0; left--)
        {
            ulong filter = header.ReadUleb128();
            ulong size = header.ReadUleb128();
            if (size > (ulong)header.Remaining) throw new MalformedDataException(Where, 0, "a filter's properties end after the block");
            ReadOnlySpan<byte> properties = header.ReadBytes((int)size);
            if (filter == Lzma2 && (properties.Length != 1 || properties[0] > LargestDictionaryCode))
            {
                throw new MalformedDataException(Where, 0, "needs a dictionary of more than 64 MiB");
            }
        }
    }
}

using System.Buffers.Binary;

namespace Emleak.Elf;

/// <summary>What the dynamic linker goes by (gABI, "Dynamic Section"): it needs no section headers, and files may have none.</summary>
internal static class ElfDynamicSection
{
    private const uint DynamicSegment = 2;
    private const ulong HashTable = 4, StringTable = 5, SymbolTable = 6, StringTableSize = 10, GnuHashTable = 0x6ffffef5;
    private const int EntrySize = 16, SymbolSize = 24;

    /// <summary>The dynamic symbols of a 64-bit file; none where it says of none.</summary>
    /// <exception cref="MalformedDataException">It lies.</exception>
    public static ElfSymbolTable ReadSymbols(ElfImage image, int maxNameBytes)
    {
        if (!image.Is64Bit || image.IsBigEndian) return default;
        Dictionary<ulong, ulong> entries = ReadEntries(image);
        if (!entries.TryGetValue(SymbolTable, out ulong symbols) || !entries.TryGetValue(StringTable, out ulong strings)) return default;
        ulong count = CountSymbols(image, entries);
        ulong stringsSize = entries.GetValueOrDefault(StringTableSize);
        ElfSection section = new(0, ".dynsym", ElfSectionType.DynamicSymbolTable, 0, symbols, OffsetOf(image, symbols), count * SymbolSize, 0, 0, 8, SymbolSize);
        return new ElfSymbolTable(
            section, image.GetBytes(section.FileOffset, section.Size), image.GetBytes(OffsetOf(image, strings), stringsSize), is64: true, bigEndian: false, maxNameBytes, placed: null);
    }

    private static Dictionary<ulong, ulong> ReadEntries(ElfImage image)
    {
        Dictionary<ulong, ulong> entries = [];
        foreach (ElfSegment segment in image.Segments)
        {
            if (segment.Type != DynamicSegment) continue;
            for (ReadOnlySpan<byte> rest = image.GetData(segment); rest.Length >= EntrySize; rest = rest[EntrySize..])
            {
                ulong tag = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                if (tag == 0) break;
                entries.TryAdd(tag, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
            }
        }

        return entries;
    }

    // No entry says how many symbols there are: the hash tables end with the last one.
    private static ulong CountSymbols(ElfImage image, Dictionary<ulong, ulong> entries)
    {
        if (entries.TryGetValue(HashTable, out ulong hash)) return BinaryPrimitives.ReadUInt32LittleEndian(image.GetBytes(OffsetOf(image, hash) + 4, 4));
        return entries.TryGetValue(GnuHashTable, out ulong gnu) ? CountByGnuHash(image, OffsetOf(image, gnu)) : 0;
    }

    // Buckets, first symbol, words of the filter, shift; the filter; the buckets; a chain of hashes for each, whose last one is odd.
    private static ulong CountByGnuHash(ElfImage image, ulong table)
    {
        uint buckets = Word(image, table), first = Word(image, table + 4), filter = Word(image, table + 8);
        ulong start = table + 16 + (8UL * filter);
        uint last = 0;
        ReadOnlySpan<byte> heads = image.GetBytes(start, 4UL * buckets);
        for (int i = 0; i < heads.Length; i += 4) last = Math.Max(last, BinaryPrimitives.ReadUInt32LittleEndian(heads[i..]));
        if (last < first) return first;
        ulong chains = start + (4UL * buckets);
        while ((Word(image, chains + (4UL * (last - first))) & 1) == 0) last++;
        return (ulong)last + 1;
    }

    private static uint Word(ElfImage image, ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(image.GetBytes(offset, 4));

    private static ulong OffsetOf(ElfImage image, ulong address) =>
        image.TryGetFileOffset(address, out ulong offset) ? offset : throw new MalformedDataException(".dynamic", 0, "an address that is in no segment");
}

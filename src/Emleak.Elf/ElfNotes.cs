namespace Emleak.Elf;

/// <summary>
/// Finds notes (gABI, "Note Section"). Sections are asked first: in a separate debug file some tools leave the program
/// headers as they were in the executable, where they describe other bytes.
/// </summary>
internal static class ElfNotes
{
    private const uint GnuBuildId = 3;

    public static ReadOnlySpan<byte> FindBuildId(ElfImage image)
    {
        foreach (ElfSection section in image.Sections)
        {
            if (section.Type != ElfSectionType.Notes || !ElfImage.IsNoteSize(section.Size)) continue;
            ReadOnlySpan<byte> id = FindBuildId(image.GetData(section), image.IsBigEndian);
            if (!id.IsEmpty) return id;
        }

        foreach (ElfSegment segment in image.Segments)
        {
            if (!segment.IsNotes || !ElfImage.IsNoteSize(segment.FileSize)) continue;
            ReadOnlySpan<byte> id = FindBuildId(image.GetData(segment), image.IsBigEndian);
            if (!id.IsEmpty) return id;
        }

        return default;
    }

    private static ReadOnlySpan<byte> FindBuildId(ReadOnlySpan<byte> notes, bool bigEndian)
    {
        const int HeaderSize = 12;
        ByteReader reader = new(notes, "notes", bigEndian);
        while (reader.Remaining >= HeaderSize)
        {
            uint nameSize = reader.ReadU32();
            uint descriptionSize = reader.ReadU32();
            uint type = reader.ReadU32();
            ReadOnlySpan<byte> name = ReadPadded(ref reader, nameSize);
            ReadOnlySpan<byte> description = ReadPadded(ref reader, descriptionSize);
            if (type == GnuBuildId && name.SequenceEqual("GNU\0"u8)) return description;
        }

        return default;
    }

    private static ReadOnlySpan<byte> ReadPadded(scoped ref ByteReader reader, uint size)
    {
        if (size > int.MaxValue) throw new MalformedDataException("notes", reader.Position, $"a note of {size} bytes");
        ReadOnlySpan<byte> bytes = reader.ReadBytes((int)size);
        reader.Skip(Math.Min((int)(-size & 3), reader.Remaining));
        return bytes;
    }
}

using System.Text;
using Emleak.Elf;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// A place that a program's author has marked for tracers (user statically defined tracing): a note in the section <c>.note.stapsdt</c>.
/// </summary>
/// <param name="Provider">Whose it is: <c>python</c>.</param>
/// <param name="Name">What happens there: <c>function__entry</c>.</param>
/// <param name="FileOffset">Where the instruction, a <c>nop</c>, is in the file.</param>
/// <param name="SemaphoreOffset">Where a counter of tracers is in the file, which the program looks at before it gathers arguments; 0: there is none.</param>
/// <param name="Arguments">Where the arguments are at that instruction, as the assembler writes them: <c>8@%rax -4@$5</c>.</param>
internal readonly record struct UsdtNote(string Provider, string Name, ulong FileOffset, ulong SemaphoreOffset, string Arguments)
{
    private const string NoteSection = ".note.stapsdt";
    private const string BaseSection = ".stapsdt.base";
    private const uint NoteType = 3;
    private const int HeaderSize = 12;

    /// <summary>The notes of one provider and name, in the order of the file.</summary>
    /// <exception cref="MalformedDataException">The notes are damaged.</exception>
    public static List<UsdtNote> Find(ElfImage image, string provider, string name)
    {
        List<UsdtNote> found = [];
        if (image.FindSection(NoteSection) is not { } section) return found;
        ByteReader reader = image.GetReader(section);
        while (reader.Remaining >= HeaderSize)
        {
            uint nameSize = reader.ReadU32();
            uint descriptionSize = reader.ReadU32();
            uint type = reader.ReadU32();
            ReadOnlySpan<byte> owner = ReadPadded(ref reader, nameSize);
            ReadOnlySpan<byte> description = ReadPadded(ref reader, descriptionSize);
            if (type == NoteType && owner.SequenceEqual("stapsdt\0"u8) && Read(image, description, provider, name) is { } note) found.Add(note);
        }

        return found;
    }

    private static UsdtNote? Read(ElfImage image, ReadOnlySpan<byte> description, string provider, string name)
    {
        ByteReader reader = new(description, NoteSection, image.IsBigEndian);
        ulong place = reader.ReadWord(image.Is64Bit);
        ulong linkedBase = reader.ReadWord(image.Is64Bit);
        ulong semaphore = reader.ReadWord(image.Is64Bit);
        if (!reader.ReadCString().SequenceEqual(Encoding.UTF8.GetBytes(provider)) || !reader.ReadCString().SequenceEqual(Encoding.UTF8.GetBytes(name))) return null;
        string arguments = Encoding.UTF8.GetString(reader.ReadCString());
        // Prelinking moves sections, and does not know of the addresses in notes: how far shows by a section that has nothing in it.
        ulong moved = linkedBase != 0 && image.FindSection(BaseSection) is { } start ? start.Address - linkedBase : 0;
        if (!image.TryGetFileOffset(place + moved, out ulong offset))
            throw new MalformedDataException(NoteSection, 0, $"{provider}:{name} is at 0x{place + moved:x}, which is not in the file");
        if (semaphore == 0) return new UsdtNote(provider, name, offset, 0, arguments);
        if (!image.TryGetFileOffset(semaphore + moved, out ulong semaphoreOffset))
            throw new MalformedDataException(NoteSection, 0, $"the semaphore of {provider}:{name} is at 0x{semaphore + moved:x}, which is not in the file");
        return new UsdtNote(provider, name, offset, semaphoreOffset, arguments);
    }

    private static ReadOnlySpan<byte> ReadPadded(scoped ref ByteReader reader, uint size)
    {
        if (size > int.MaxValue) throw new MalformedDataException(NoteSection, reader.Position, $"a note of {size} bytes");
        ReadOnlySpan<byte> bytes = reader.ReadBytes((int)size);
        reader.Skip(Math.Min((int)(-size & 3), reader.Remaining));
        return bytes;
    }
}

using System.Buffers.Binary;

namespace Emleak.Elf;

/// <summary>
/// Applies the relocations of debug sections (gABI, "Relocation"; the kinds are in the processor supplements of x86-64 and AArch64):
/// addresses and offsets in a relocatable file are not final until then.
/// </summary>
internal static class ElfRelocations
{
    private const int RowSize = 24;

    private enum Kind
    {
        /// <summary>Nothing to do.</summary>
        None,

        /// <summary>The symbol's value and the addend.</summary>
        Absolute,

        /// <summary>The same, counted from the relocated place.</summary>
        Relative,

        /// <summary>A place in the memory of a thread, which no code is at.</summary>
        ThreadLocal,
    }

    /// <summary>The sections with the relocations of debug sections, by the index of these.</summary>
    public static Dictionary<int, ElfSection> List(IReadOnlyList<ElfSection> sections)
    {
        Dictionary<int, ElfSection> found = [];
        foreach (ElfSection section in sections)
        {
            if (section.Type == ElfSectionType.RelocationsWithAddends && section.Info < (uint)sections.Count && IsDebug(sections[(int)section.Info]))
            {
                found.TryAdd((int)section.Info, section);
            }
        }

        return found;
    }

    /// <summary>Relocates a section.</summary>
    /// <param name="image">The file; its sections have been placed.</param>
    /// <param name="data">The section's bytes, expanded; changed in place.</param>
    /// <param name="relocations">The section with the relocations.</param>
    /// <exception cref="MalformedDataException">A relocation is corrupt, or of a kind or machine that is not known.</exception>
    public static void Apply(ElfImage image, Span<byte> data, ElfSection relocations)
    {
        string where = relocations.Name;
        if (!image.Is64Bit || image.IsBigEndian) throw new MalformedDataException(where, 0, "relocations of this machine are not supported");

        // As stored, both: a hostile file may have them among the sections that are to be relocated, or in a circle.
        if (relocations.Link >= (uint)image.Sections.Count) throw new MalformedDataException(where, 0, $"symbol table {relocations.Link} of {image.Sections.Count} sections");
        ElfSection table = image.Sections[(int)relocations.Link];
        using StoredBytes rows = image.ReadStored(table);
        using StoredBytes stored = image.ReadStored(relocations);
        ElfSymbolTable symbols = new(table, rows.Span, default, image.Is64Bit, image.IsBigEndian, 0, image.Sections);
        ByteReader reader = new(stored.Span, where);
        while (reader.Remaining >= RowSize)
        {
            int row = reader.Position;
            ulong place = reader.ReadU64();
            uint type = reader.ReadU32();
            uint symbol = reader.ReadU32();
            ulong value = reader.ReadU64();
            (Kind kind, int size) = Describe(image.Machine, type);
            if (kind == Kind.None) continue;
            if (size == 0) throw new MalformedDataException(where, row, $"relocation of unknown type {type}");
            if (place > (ulong)data.Length || (ulong)data.Length - place < (ulong)size)
            {
                throw new MalformedDataException(where, row, $"relocates offset 0x{place:x} of 0x{data.Length:x} bytes");
            }

            if (kind != Kind.ThreadLocal) value = unchecked(value + symbols[(int)Math.Min(symbol, int.MaxValue)].Value);
            if (kind == Kind.Relative) value = unchecked(value - place);
            Write(data[(int)place..], size, value);
        }
    }

    private static bool IsDebug(ElfSection section) =>
        !section.IsAllocated && (section.Name.StartsWith(".debug_", StringComparison.Ordinal) || section.Name.StartsWith(".zdebug_", StringComparison.Ordinal));

    private static (Kind Kind, int Size) Describe(ElfMachine machine, uint type) => (machine, type) switch
    {
        (ElfMachine.X64, 0) or (ElfMachine.Arm64, 0 or 256) => (Kind.None, 0),
        (ElfMachine.X64, 1) or (ElfMachine.Arm64, 257) => (Kind.Absolute, 8),
        (ElfMachine.X64, 10 or 11) or (ElfMachine.Arm64, 258) => (Kind.Absolute, 4),
        (ElfMachine.X64, 12) or (ElfMachine.Arm64, 259) => (Kind.Absolute, 2),
        (ElfMachine.X64, 14) => (Kind.Absolute, 1),
        (ElfMachine.X64, 24) or (ElfMachine.Arm64, 260) => (Kind.Relative, 8),
        (ElfMachine.X64, 2) or (ElfMachine.Arm64, 261) => (Kind.Relative, 4),
        (ElfMachine.X64, 17) or (ElfMachine.Arm64, 1029) => (Kind.ThreadLocal, 8),
        (ElfMachine.X64, 21) => (Kind.ThreadLocal, 4),
        _ => (Kind.Absolute, 0),
    };

    private static void Write(Span<byte> place, int size, ulong value)
    {
        switch (size)
        {
            case 8:
                BinaryPrimitives.WriteUInt64LittleEndian(place, value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)value);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)value);
                break;
            default:
                place[0] = (byte)value;
                break;
        }
    }
}

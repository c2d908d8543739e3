using System.Diagnostics.CodeAnalysis;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>One unit: reads its entries, and looks values up in the sections that they lead to.</summary>
internal sealed class Unit
{
    private const string Where = ".debug_info";

    private AbbreviationTable? _table;

    /// <summary>Reads the unit's first entry.</summary>
    /// <exception cref="MalformedDataException">It is corrupt.</exception>
    public Unit(DwarfUnits units, in UnitHeader header)
    {
        Units = units;
        Header = header;
        Root = ReadRoot();
        LowPc = TryGetAddress(Root.LowPc, out ulong low) ? low : units.Skeleton?.LowPc ?? 0;
    }

    /// <summary>The units that it is one of.</summary>
    public DwarfUnits Units { get; }

    public DwarfSections Sections => Units.Sections;

    public UnitHeader Header { get; }

    public UnitFormat Format => Header.Format;

    public UnitRoot Root { get; }

    /// <summary>What ties a skeleton to its split unit; both have the same. 0 when it is neither.</summary>
    public ulong SplitId => Root.SplitId.IsPresent ? Root.SplitId.Raw : Header.SplitId;

    /// <summary>What addresses in range lists count from; 0 when the unit does not say.</summary>
    public ulong LowPc { get; }

    /// <exception cref="MalformedDataException">The unit's abbreviations are corrupt.</exception>
    public AbbreviationTable Abbreviations => _table ??= Units.Abbreviations.Get(Header);

    /// <summary>A cursor at a place in the unit, bounded by the unit's end; positions count from the section's start.</summary>
    public ByteReader Open(int position) => Sections.Read(Sections.Information[..Header.End], Where) with { Position = position };

    /// <summary>Opens the entry at a place in the section.</summary>
    /// <exception cref="MalformedDataException">There is no entry.</exception>
    public AttributeReader OpenEntry(int position)
    {
        ByteReader values = Open(position);
        ulong code = values.ReadUleb128();
        int index = Abbreviations.Find(code);
        if (index < 0) throw new MalformedDataException(Where, position, $"abbreviation {code} does not exist");
        return new AttributeReader(OpenShape(Abbreviations[index].Attributes), values, Format);
    }

    /// <summary>The address that a value stands for.</summary>
    /// <exception cref="MalformedDataException">It is an index outside the table of addresses.</exception>
    public bool TryGetAddress(AttributeValue value, out ulong address)
    {
        address = value.Raw;
        if (!value.IsAddress) return false;
        if (value.Form == DwarfForm.LlvmAddressIndexAndOffset) address = unchecked(GetIndexedAddress((uint)value.Raw) + (value.Raw >> 32));
        else if (value.Form != DwarfForm.Address) address = GetIndexedAddress(value.Raw);
        return true;
    }

    /// <exception cref="MalformedDataException">The index lies outside the table of addresses.</exception>
    public ulong GetIndexedAddress(ulong index)
    {
        // A split unit is not linked, so that all addresses stay with its skeleton.
        if (Units.Skeleton is { } skeleton) return skeleton.GetIndexedAddress(index);
        ByteReader reader = OpenIndexed(Sections.Addresses, ".debug_addr", BaseOf(Root.AddressBase, headerSize: 8), index, Format.AddressSize);
        return Format.ReadAddress(ref reader);
    }

    /// <summary>The place in this file's <c>.debug_info</c> that a value refers to.</summary>
    /// <returns>False when it refers to nothing, or to another file.</returns>
    public bool TryGetReference(AttributeValue value, out ulong position)
    {
        bool isInUnit = value.Form is >= DwarfForm.Reference1 and <= DwarfForm.ReferenceUnsigned;
        position = isInUnit ? unchecked((ulong)Header.Start + value.Raw) : value.Raw;
        return isInUnit || value.Form == DwarfForm.ReferenceAddress;
    }

    /// <summary>The entry that a value refers to, in whichever file.</summary>
    /// <param name="value">The value.</param>
    /// <param name="units">The units of that file.</param>
    /// <param name="position">The place in its <c>.debug_info</c>.</param>
    /// <returns>False when it refers to nothing, or to a file that was not found.</returns>
    public bool TryGetEntry(AttributeValue value, [NotNullWhen(true)] out DwarfUnits? units, out ulong position)
    {
        units = Units;
        if (TryGetReference(value, out position)) return true;
        bool isSupplementary = value.Form is DwarfForm.GnuSupplementaryReference or DwarfForm.SupplementaryReference4 or DwarfForm.SupplementaryReference8;
        units = isSupplementary ? Units.Supplement : null;
        return units is not null;
    }

    /// <summary>The text that a value stands for; null when it is none, or is in a file that was not found.</summary>
    /// <exception cref="MalformedDataException">The text lies outside its section, or the limit of memory is reached.</exception>
    public string? GetString(AttributeValue value)
    {
        switch (value.Form)
        {
            case DwarfForm.String:
                return ReadString(Sections.Information, Where, value.Raw);
            case DwarfForm.StringOffset:
                return ReadString(Sections.Strings, ".debug_str", value.Raw);
            case DwarfForm.GnuSupplementaryString or DwarfForm.SupplementaryString:
                return Units.Supplement is { } supplement ? ReadString(supplement.Sections.Strings, ".debug_str", value.Raw) : null;
            case DwarfForm.LineStringOffset:
                return ReadString(Sections.LineStrings, ".debug_line_str", value.Raw);
            case DwarfForm.GnuStringIndex or DwarfForm.StringIndex or (>= DwarfForm.StringIndex1 and <= DwarfForm.StringIndex4):
                ulong start = BaseOf(Root.StringOffsetsBase, headerSize: 8);
                ByteReader reader = OpenIndexed(Sections.StringOffsets, ".debug_str_offsets", start, value.Raw, Format.OffsetSize);
                return ReadString(Sections.Strings, ".debug_str", reader.ReadWord(Format.Is64));
            default:
                return null;
        }
    }

    /// <summary>A text, cut at <see cref="ElfLimits.MaxNameBytes"/>.</summary>
    /// <exception cref="MalformedDataException">The text lies outside the section, or the limit of memory is reached.</exception>
    public string ReadString(ReadOnlySpan<byte> section, string where, ulong offset)
    {
        ByteReader reader = Sections.Read(section, where);
        reader.Seek(offset);

        // Texts may run on into each other for gigabytes: no more is looked at than is taken.
        int most = Sections.Limits.MaxNameBytes;
        ReadOnlySpan<byte> text = section.Slice(reader.Position, Math.Min(reader.Remaining, most));
        if (text.IndexOf((byte)0) is >= 0 and int length) text = text[..length];
        else if (text.Length < most) throw new MalformedDataException(where, (long)offset, "a string has no terminating zero");
        Sections.Budget.Take(text.Length * sizeof(char), where);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>A cursor at a row of a table.</summary>
    /// <exception cref="MalformedDataException">The row lies outside the section.</exception>
    public ByteReader OpenIndexed(ReadOnlySpan<byte> section, string where, ulong start, ulong index, int rowSize)
    {
        ByteReader reader = Sections.Read(section, where);
        reader.Seek(start);
        reader.Seek((ulong)reader.Position + (Math.Min(index, int.MaxValue) * (ulong)rowSize));
        return reader;
    }

    /// <summary>Where a table starts that units share: by default after the header of the section's first one.</summary>
    private ulong BaseOf(AttributeValue start, int headerSize)
    {
        if (start.IsPresent) return start.Raw;
        if (Format.Version < 5) return 0;
        return (ulong)(Format.Is64 ? headerSize + 8 : headerSize);
    }

    private ByteReader OpenShape(int attributes) =>
        new(Sections.Abbreviations, ".debug_abbrev", Sections.IsBigEndian) { Position = attributes };

    private UnitRoot ReadRoot()
    {
        ByteReader values = Open(Header.FirstEntry);
        if (values.Remaining == 0) return default;
        ulong code = values.ReadUleb128();
        if (code == 0) return default;

        // Not the whole table: most units are never asked for more.
        int attributes = AbbreviationParser.FindFirst(Sections.Abbreviations, Header.Abbreviations, code);
        if (attributes < 0 && Abbreviations.Find(code) is >= 0 and int index) attributes = Abbreviations[index].Attributes;
        if (attributes < 0) throw new MalformedDataException(Where, Header.FirstEntry, $"abbreviation {code} does not exist");
        return UnitRoot.Read(new AttributeReader(OpenShape(attributes), values, Format));
    }
}

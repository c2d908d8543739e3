using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>Reads values of all forms.</summary>
internal static class FormReader
{
    /// <summary>Size of values that all have the same; -1 for the others.</summary>
    public static int FixedSize(DwarfForm form, UnitFormat format)
    {
        switch (form)
        {
            case DwarfForm.FlagPresent or DwarfForm.ImplicitConstant:
                return 0;
            case DwarfForm.Data1 or DwarfForm.Flag or DwarfForm.Reference1 or DwarfForm.StringIndex1 or DwarfForm.AddressIndex1:
                return 1;
            case DwarfForm.Data2 or DwarfForm.Reference2 or DwarfForm.StringIndex2 or DwarfForm.AddressIndex2:
                return 2;
            case DwarfForm.StringIndex3 or DwarfForm.AddressIndex3:
                return 3;
            case DwarfForm.Data4 or DwarfForm.Reference4 or DwarfForm.StringIndex4 or DwarfForm.AddressIndex4 or DwarfForm.SupplementaryReference4:
                return 4;
            case DwarfForm.Data8 or DwarfForm.Reference8 or DwarfForm.Signature or DwarfForm.SupplementaryReference8:
                return 8;
            case DwarfForm.Data16:
                return 16;
            case DwarfForm.Address:
                return format.AddressSize;
            case DwarfForm.ReferenceAddress:
                // Version 2 gave it the size of an address.
                return format.Version == 2 ? format.AddressSize : format.OffsetSize;
            case DwarfForm.StringOffset or DwarfForm.SectionOffset or DwarfForm.LineStringOffset or DwarfForm.SupplementaryString:
            case DwarfForm.GnuSupplementaryReference or DwarfForm.GnuSupplementaryString:
                return format.OffsetSize;
            default:
                return -1;
        }
    }

    /// <summary>Reads one value; the cursor ends after it.</summary>
    /// <exception cref="MalformedDataException">The value is cut off, or its form is unknown.</exception>
    public static AttributeValue Read(ref ByteReader reader, DwarfForm form, long implicitConstant, UnitFormat format)
    {
        if (form == DwarfForm.Indirect) form = ReadIndirect(ref reader);
        ulong raw = form switch
        {
            DwarfForm.FlagPresent => 1,
            DwarfForm.ImplicitConstant => unchecked((ulong)implicitConstant),
            DwarfForm.SignedData => unchecked((ulong)reader.ReadSleb128()),
            DwarfForm.String => SkipString(ref reader),
            _ => ReadNumber(ref reader, form, format),
        };
        return new AttributeValue(form, raw);
    }

    /// <summary>The form that is stored in front of the value itself.</summary>
    public static DwarfForm ReadIndirect(ref ByteReader reader)
    {
        int start = reader.Position;
        ulong form = reader.ReadUleb128();

        // A constant in the abbreviation is not there, and one more step of indirection has no use but to go round in circles.
        if (form is not (0 or > ushort.MaxValue or (ulong)DwarfForm.Indirect or (ulong)DwarfForm.ImplicitConstant)) return (DwarfForm)form;
        throw new MalformedDataException("debug information", start, $"indirect form 0x{form:x}");
    }

    private static ulong ReadNumber(ref ByteReader reader, DwarfForm form, UnitFormat format)
    {
        switch (form)
        {
            case DwarfForm.UnsignedData or DwarfForm.ReferenceUnsigned or DwarfForm.StringIndex or DwarfForm.AddressIndex:
            case DwarfForm.RangeListIndex or DwarfForm.LocationListIndex or DwarfForm.GnuAddressIndex or DwarfForm.GnuStringIndex:
                return reader.ReadUleb128();
            case DwarfForm.LlvmAddressIndexAndOffset:
                return Math.Min(reader.ReadUleb128(), uint.MaxValue) | ((ulong)reader.ReadU32() << 32);
            case DwarfForm.Block or DwarfForm.Expression:
                return SkipBlock(ref reader, reader.ReadUleb128());
            case DwarfForm.Block1:
                return SkipBlock(ref reader, reader.ReadU8());
            case DwarfForm.Block2:
                return SkipBlock(ref reader, reader.ReadU16());
            case DwarfForm.Block4:
                return SkipBlock(ref reader, reader.ReadU32());
            case DwarfForm.Data16:
                reader.Skip(16);
                return 0;
        }

        int size = FixedSize(form, format);
        return size > 0
            ? ReadUnsigned(ref reader, size)
            : throw new MalformedDataException("debug information", reader.Position, $"unknown form 0x{(int)form:x}");
    }

    private static ulong ReadUnsigned(ref ByteReader reader, int size)
    {
        switch (size)
        {
            case 1: return reader.ReadU8();
            case 2: return reader.ReadU16();
            case 4: return reader.ReadU32();
            case 8: return reader.ReadU64();
        }

        ReadOnlySpan<byte> bytes = reader.ReadBytes(3);
        return reader.IsBigEndian
            ? (uint)((bytes[0] << 16) | (bytes[1] << 8) | bytes[2])
            : (uint)((bytes[2] << 16) | (bytes[1] << 8) | bytes[0]);
    }

    private static ulong SkipString(ref ByteReader reader)
    {
        int start = reader.Position;
        reader.ReadCString();
        return (ulong)start;
    }

    private static ulong SkipBlock(ref ByteReader reader, ulong length)
    {
        int start = reader.Position;
        reader.Seek((ulong)start + Math.Min(length, int.MaxValue));
        return (ulong)start;
    }
}

using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>Goes through all attributes of one entry: for the few entries that are looked at closely.</summary>
internal ref struct AttributeReader
{
    private readonly UnitFormat _format;
    private ByteReader _shape;
    private ByteReader _values;
    private int _count;

    /// <summary>Starts at the first attribute.</summary>
    /// <param name="shape">A cursor over <c>.debug_abbrev</c>, at the list of attributes.</param>
    /// <param name="values">A cursor over the unit's bytes, at the first value.</param>
    /// <param name="format">How wide the unit's values are.</param>
    public AttributeReader(ByteReader shape, ByteReader values, UnitFormat format)
    {
        _shape = shape;
        _values = values;
        _format = format;
    }

    /// <summary>Reads the next attribute; false when there is none.</summary>
    /// <exception cref="MalformedDataException">The entry is corrupt.</exception>
    public bool Next(out DwarfAttribute attribute, out AttributeValue value)
    {
        ulong code = _shape.ReadUleb128();
        ulong form = _shape.ReadUleb128();
        attribute = (DwarfAttribute)Math.Min(code, ushort.MaxValue);
        value = default;
        if (code == 0 && form == 0) return false;
        if (++_count > AbbreviationParser.MaxAttributes) throw new MalformedDataException(".debug_abbrev", _shape.Position, "too many attributes");
        long constant = form == (ulong)DwarfForm.ImplicitConstant ? _shape.ReadSleb128() : 0;
        value = FormReader.Read(ref _values, (DwarfForm)Math.Min(form, ushort.MaxValue), constant, _format);
        return true;
    }
}

using System.Numerics;
using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Split;

/// <summary>
/// Finds units in a package by their id, in <c>.debug_cu_index</c> (DWARF 5, section 7.3.5.3; version 2 is GNU's, from before).
/// <c>.debug_tu_index</c> is the same for types, which have no code.
/// </summary>
internal sealed class PackageIndex
{
    private const string Where = ".debug_cu_index";
    private const int HeaderSize = 16;
    private const int SignatureSize = 8;
    private const int CellSize = 4;

    // Versions have eight kinds of sections.
    private const uint MaxColumns = 64;

    private readonly ElfImage _image;
    private readonly ElfSection _section;
    private readonly ushort _version;
    private readonly uint _columns;
    private readonly uint _units;
    private readonly uint _slots;

    private PackageIndex(ElfImage image, ElfSection section)
    {
        _image = image;
        _section = section;
        ByteReader reader = image.GetReader(_section);

        // Version 2 has 32 bits for it, later ones 16 and padding.
        uint version = reader.ReadU32();
        _version = version == 2 ? (ushort)2 : (ushort)(image.IsBigEndian ? version >> 16 : version);
        if (_version is not (2 or 5)) throw new MalformedDataException(Where, 0, $"unknown version {_version}");
        _columns = reader.ReadU32();
        _units = reader.ReadU32();
        _slots = reader.ReadU32();
        if (_columns > MaxColumns || _units > _slots || (_slots != 0 && !BitOperations.IsPow2(_slots)) || Size > (ulong)reader.Length)
        {
            throw new MalformedDataException(Where, 0, $"{_units} units with {_columns} sections in {_slots} slots, in {reader.Length} bytes");
        }
    }

    private enum Column
    {
        Information = 1,
        Abbreviations = 3,
        StringOffsets = 6,
        RangeLists = 8,
    }

    private ulong SlotRows => HeaderSize + ((ulong)_slots * SignatureSize);

    private ulong Identifiers => SlotRows + ((ulong)_slots * CellSize);

    private ulong Size => Identifiers + (_columns * CellSize * (1 + (2UL * _units)));

    /// <summary>Opens the index of a package; null when the file is none.</summary>
    /// <exception cref="MalformedDataException">The index is corrupt.</exception>
    public static PackageIndex? Read(ElfImage image) => image.FindSection(Where) is { } section ? new PackageIndex(image, section) : null;

    /// <summary>Where the parts of a unit are; null when the package does not have it.</summary>
    /// <exception cref="MalformedDataException">The index is corrupt.</exception>
    public PackagePart? Find(ulong id)
    {
        ByteReader reader = _image.GetReader(_section);
        uint mask = _slots - 1;
        uint slot = (uint)id & mask;
        uint step = (uint)(id >> 32) & mask | 1;
        for (uint tried = 0; tried < _slots; tried++, slot = unchecked(slot + step) & mask)
        {
            reader.Seek(HeaderSize + ((ulong)slot * SignatureSize));
            ulong signature = reader.ReadU64();
            reader.Seek(SlotRows + ((ulong)slot * CellSize));
            uint row = reader.ReadU32();
            if (row == 0) return null;
            if (signature == id) return row <= _units ? ReadRow(ref reader, row) : throw new MalformedDataException(Where, slot, $"row {row} of {_units}");
        }

        return null;
    }

    private PackagePart ReadRow(ref ByteReader reader, uint row)
    {
        PackageSlice information = default, abbreviations = default, stringOffsets = default, rangeLists = default;
        for (uint column = 0; column < _columns; column++)
        {
            reader.Seek(Identifiers + (column * CellSize));
            var kind = (Column)reader.ReadU32();
            PackageSlice slice = new(ReadCell(ref reader, row, column), ReadCell(ref reader, row + _units, column));
            if (kind == Column.Information) information = slice;
            else if (kind == Column.Abbreviations) abbreviations = slice;
            else if (kind == Column.StringOffsets) stringOffsets = slice;
            else if (kind == Column.RangeLists && _version == 5) rangeLists = slice;
        }

        return new PackagePart(information, abbreviations, stringOffsets, rangeLists);
    }

    // Row 0 has the identifiers; offsets follow, a row for each unit, then sizes.
    private uint ReadCell(ref ByteReader reader, uint row, uint column)
    {
        reader.Seek(Identifiers + ((((ulong)row * _columns) + column) * CellSize));
        return reader.ReadU32();
    }
}

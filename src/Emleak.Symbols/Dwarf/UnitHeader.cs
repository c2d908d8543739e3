using System.Runtime.InteropServices;
using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>The header of a unit (DWARF 5, section 7.5.1).</summary>
/// <param name="Start">Where the unit starts in <c>.debug_info</c>: references inside the unit count from here.</param>
/// <param name="End">First byte after the unit.</param>
/// <param name="FirstEntry">Where its first entry starts.</param>
/// <param name="Kind">What it describes.</param>
/// <param name="Format">How wide its values are.</param>
/// <param name="Abbreviations">Where its abbreviations are in <c>.debug_abbrev</c>.</param>
/// <param name="SplitId">What ties a skeleton to its split unit, from version 5 on.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UnitHeader(
    int Start, int End, int FirstEntry, UnitKind Kind, UnitFormat Format, ulong Abbreviations, ulong SplitId)
{
    private const string Where = ".debug_info";

    /// <summary>True for units whose functions have code; partial units only hold what others refer to.</summary>
    public bool HasCode => Kind is UnitKind.Compile or UnitKind.Skeleton or UnitKind.SplitCompile;

    public bool HasTypesOnly => Kind is UnitKind.Type or UnitKind.SplitType;

    /// <summary>Reads the header under the cursor, which ends after the whole unit.</summary>
    /// <returns>False for a unit of a version, kind or address size that is not known.</returns>
    /// <exception cref="MalformedDataException">The unit's end cannot be found: no unit after it can be read either.</exception>
    public static bool TryRead(ref ByteReader reader, out UnitHeader header)
    {
        int start = reader.Position;
        int length = UnitFormat.ReadLength(ref reader, Where, out bool is64);
        int end = reader.Position + length;
        try
        {
            return TryReadBody(ref reader, start, end, is64, out header) && header.FirstEntry <= end;
        }
        finally
        {
            reader.Position = end;
        }
    }

    private static bool TryReadBody(ref ByteReader reader, int start, int end, bool is64, out UnitHeader header)
    {
        header = default;
        if (end - reader.Position < sizeof(ushort)) return false;
        ushort version = reader.ReadU16();
        if (version is < 2 or > 5) return false;

        UnitKind kind = UnitKind.Compile;
        byte addressSize = 0;
        if (version >= 5)
        {
            kind = (UnitKind)reader.ReadU8();
            addressSize = reader.ReadU8();
        }

        ulong abbreviations = reader.ReadWord(is64);
        if (version < 5) addressSize = reader.ReadU8();
        ulong splitId = kind is UnitKind.Skeleton or UnitKind.SplitCompile ? reader.ReadU64() : 0;
        header = new UnitHeader(start, end, reader.Position, kind, new UnitFormat(version, addressSize, is64), abbreviations, splitId);
        return UnitFormat.IsAddressSize(addressSize) && kind is >= UnitKind.Compile and <= UnitKind.SplitType;
    }
}

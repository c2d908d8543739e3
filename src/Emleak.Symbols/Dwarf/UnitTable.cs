using Emleak.Elf;

namespace Emleak.Symbols.Dwarf;

/// <summary>The headers of all units of <c>.debug_info</c> that code may refer to, in file order.</summary>
internal sealed class UnitTable
{
    // A program as large as a browser has some 40,000.
    private const int MaxUnits = 1 << 20;

    private readonly UnitHeader[] _headers;

    private UnitTable(UnitHeader[] headers, string? problem)
    {
        _headers = headers;
        Problem = problem;
    }

    public int Count => _headers.Length;

    /// <summary>What was wrong with a header, or null. Units before it are there all the same.</summary>
    public string? Problem { get; }

    public ref readonly UnitHeader this[int index] => ref _headers[index];

    public static UnitTable Read(DwarfSections sections)
    {
        List<UnitHeader> headers = [];
        ByteReader reader = sections.Read(sections.Information, ".debug_info");
        string? problem = null;
        try
        {
            while (reader.Remaining > 0)
            {
                int start = reader.Position;
                if (!UnitHeader.TryRead(ref reader, out UnitHeader header)) problem ??= $".debug_info, offset 0x{start:x}: a unit of an unknown version or kind";
                else if (!header.HasTypesOnly) headers.Add(header);
                if (headers.Count > MaxUnits) throw new MalformedDataException(".debug_info", start, $"limit reached: more than {MaxUnits} units");
            }
        }
        catch (MalformedDataException corrupt)
        {
            problem ??= corrupt.Message;
        }

        return new UnitTable([.. headers], problem);
    }

    /// <summary>Index of the unit that starts at an offset; -1 when none does.</summary>
    public int FindStart(ulong offset)
    {
        int index = FindContaining(offset);
        return index >= 0 && (ulong)_headers[index].Start == offset ? index : -1;
    }

    /// <summary>Index of the unit that an offset of <c>.debug_info</c> lies in; -1 when in none.</summary>
    public int FindContaining(ulong offset)
    {
        int low = 0;
        int high = _headers.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if ((ulong)_headers[middle].End <= offset) low = middle + 1;
            else high = middle;
        }

        return low < _headers.Length && (ulong)_headers[low].Start <= offset ? low : -1;
    }
}

using Emleak.Elf;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>Takes the rows of a line program and keeps those that say something new about code that the linker kept. Used again for the next program.</summary>
internal sealed class LineTableBuilder(CodeSections code)
{
    // 128 MiB. The units of link-time optimized browsers have some two million.
    private const int MaxRows = 1 << 23;

    // Memory for so many rows is used again.
    private const int MaxKept = 1 << 18;

    private readonly CodeSections _code = code;
    private readonly List<LineSequence> _sequences = [];
    private List<LineRow> _rows = [];
    private ulong _start;
    private int _firstRow;
    private bool _isOpen;
    private bool _isKept;

    /// <summary>Forgets everything.</summary>
    /// <param name="programBytes">Size of the next program.</param>
    public void Clear(int programBytes)
    {
        const int UsualBytesOfRow = 4;
        _rows.Clear();
        _rows.EnsureCapacity(Math.Min(programBytes / UsualBytesOfRow, MaxRows));
        _sequences.Clear();
        _firstRow = 0;
        _isOpen = false;
    }

    /// <summary>Adds a row.</summary>
    /// <exception cref="MalformedDataException">There are more rows than in any real file.</exception>
    public void Add(ulong address, uint file, uint line, uint column)
    {
        if (!_isOpen) Open(address);

        // Addresses only grow within a sequence (DWARF 5, section 6.2.5).
        ulong offset = unchecked(address - _start);
        if (!_isKept || address < _start || offset > uint.MaxValue) return;
        LineRow row = new((uint)offset, file, line, column);
        if (_rows.Count == _firstRow)
        {
            Append(row);
            return;
        }

        // Of several rows at one address the last counts.
        LineRow last = _rows[^1];
        if (offset < last.Offset || row == last with { Offset = row.Offset }) return;
        if (offset > last.Offset) Append(row);
        else _rows[^1] = row;
    }

    /// <summary>Ends the sequence.</summary>
    /// <param name="end">First address after it.</param>
    public void EndSequence(ulong end)
    {
        if (_isOpen && _isKept && end > _start) _sequences.Add(new LineSequence(_start, end, _firstRow, _rows.Count - _firstRow));
        else _rows.RemoveRange(_firstRow, _rows.Count - _firstRow);
        _firstRow = _rows.Count;
        _isOpen = false;
    }

    public LineTable Build(LineFiles files)
    {
        // What is not ended does not count. Sorting by both makes the answer the same whatever the order in the file.
        _rows.RemoveRange(_firstRow, _rows.Count - _firstRow);
        _sequences.Sort(static (left, right) => (left.End, left.Start).CompareTo((right.End, right.Start)));
        return new LineTable(files, [.. _sequences], TakeRows());
    }

    /// <summary>A copy, or if there are very many the very rows, which are not used again.</summary>
    private List<LineRow> TakeRows()
    {
        if (_rows.Capacity <= MaxKept) return [.. _rows];
        List<LineRow> rows = _rows;
        _rows = [];
        return rows;
    }

    private void Open(ulong address)
    {
        _isOpen = true;
        _start = address;
        _isKept = _code.Contains(address);
    }

    private void Append(LineRow row)
    {
        if (_rows.Count == MaxRows) throw new MalformedDataException(".debug_line", 0, $"limit reached: more than {MaxRows} rows");
        _rows.Add(row);
    }
}

using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>Where in the source the instructions of a unit come from.</summary>
internal sealed class LineTable
{
    private readonly LineSequence[] _sequences;
    private readonly List<LineRow> _rows;

    /// <summary>Keeps the rows.</summary>
    /// <param name="files">The program's files.</param>
    /// <param name="sequences">In order of their ends.</param>
    /// <param name="rows">The rows of all sequences.</param>
    public LineTable(LineFiles files, LineSequence[] sequences, List<LineRow> rows)
    {
        Files = files;
        _sequences = sequences;
        _rows = rows;
    }

    public LineFiles Files { get; }

    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (_rows.Capacity * 16L) + (_sequences.Length * 24L) + Files.Size;

    public bool TryFind(ulong address, out LineRow row)
    {
        row = default;
        int position = FirstEndingAfter(address);
        if (position == _sequences.Length || address < _sequences[position].Start) return false;
        LineSequence sequence = _sequences[position];
        ReadOnlySpan<LineRow> rows = CollectionsMarshal.AsSpan(_rows).Slice(sequence.FirstRow, sequence.RowCount);
        ulong offset = address - sequence.Start;
        int low = 0;
        int high = rows.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (rows[middle].Offset <= offset) low = middle + 1;
            else high = middle;
        }

        // The first row is at offset 0.
        row = rows[low - 1];
        return true;
    }

    private int FirstEndingAfter(ulong address)
    {
        int low = 0;
        int high = _sequences.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sequences[middle].End <= address) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

namespace Emleak.Recordings.Model;

/// <summary>Goes through a recording's snapshots in order, with every stack's numbers at each. Holds one row of numbers, whatever the number of snapshots.</summary>
public sealed class SnapshotCursor
{
    private readonly Recording _recording;
    private readonly long[] _values;
    private readonly long[] _differences;
    private readonly int[] _places;
    private int _next;

    /// <param name="recording">Whose snapshots.</param>
    public SnapshotCursor(Recording recording)
    {
        ArgumentNullException.ThrowIfNull(recording);
        _recording = recording;
        _differences = new long[recording.Columns.Count];
        _values = new long[recording.Columns.Count * recording.Stacks.Count];
        _places = new int[Enum.GetValues<StackColumn>().Length];
        _places.AsSpan().Fill(-1);
        for (int i = 0; i < recording.Columns.Count; i++) _places[(int)recording.Columns[i]] = i;
    }

    /// <summary>The snapshot that <see cref="this[int, StackColumn]"/> is about.</summary>
    public Snapshot Current => _recording.Snapshots[_next - 1];

    /// <summary>Goes on to the next snapshot.</summary>
    /// <returns>False at the end; the numbers stay the last one's.</returns>
    public bool MoveNext()
    {
        if (_next == _recording.Snapshots.Count) return false;
        StackChanges.Reader changes = _recording.Snapshots[_next++].Changes.Read();
        while (changes.TryRead(out int stack, _differences))
        {
            Span<long> row = _values.AsSpan(stack * _differences.Length, _differences.Length);
            for (int i = 0; i < row.Length; i++) row[i] += _differences[i];
        }

        return true;
    }

    /// <summary>Goes to the last snapshot.</summary>
    public SnapshotCursor MoveToLast()
    {
        while (MoveNext())
        {
        }

        return this;
    }

    /// <summary>A stack's number; 0 where the recording has no such column.</summary>
    public long this[int stack, StackColumn column] => _places[(int)column] is int place and >= 0 ? _values[(stack * _differences.Length) + place] : 0;
}

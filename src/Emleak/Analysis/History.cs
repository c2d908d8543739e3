namespace Emleak.Analysis;

/// <summary>
/// Outstanding bytes over time: a row for each snapshot, a column for each stack in the order in which the stacks
/// first held something. A later row has more columns than an earlier one. Rows are not kept: hours of them are gigabytes.
/// </summary>
internal sealed class History
{
    private readonly List<int> _stackIds = [];
    private readonly Dictionary<int, int> _columns = [];

    /// <summary>The columns' stack ids.</summary>
    public IReadOnlyList<int> StackIds => _stackIds;

    /// <summary>Makes a row, and columns for stacks not seen before. Null while nothing has ever been outstanding.</summary>
    public HistoryRow? Add(Snapshot snapshot)
    {
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            if (_columns.TryAdd(stack.Id, _stackIds.Count)) _stackIds.Add(stack.Id);
        }

        if (_stackIds.Count == 0) return null;
        var bytes = new long[_stackIds.Count];
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            bytes[_columns[stack.Id]] = stack.Bytes;
        }

        return new HistoryRow(snapshot.Time, bytes);
    }
}

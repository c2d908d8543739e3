using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>
/// mleakstatics.csv: "time,bytes,bytes,...," for each snapshot, and "0,id,id,...," as the last line. A column for each stack, in the order in which
/// they first held something; every row is as wide as the header.
/// </summary>
public sealed class StatisticsReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "statistics";

    /// <inheritdoc/>
    public string FileName => "mleakstatics.csv";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text =>
    {
        List<LiveStack> columns = FindColumns(recording, out int first);
        SnapshotCursor cursor = new(recording);
        for (int row = 0; cursor.MoveNext(); row++)
        {
            // While nothing has ever been live there are no rows.
            if (row < first) continue;
            text.Write(cursor.Current.Time.ToUnixTimeSeconds());
            text.Write(',');
            foreach (LiveStack column in columns)
            {
                text.Write(cursor[column.Index, StackColumn.LiveBytes]);
                text.Write(',');
            }

            text.Write('\n');
        }

        text.Write("0,");
        foreach (LiveStack column in columns) text.Write($"{column.Stack.Id},");
        // Readers take the header's last field, empty by its comma, as one more name.
        text.Write(recording.Header.Filter);
        text.Write('\n');
    });

    private static List<LiveStack> FindColumns(Recording recording, out int first)
    {
        List<LiveStack> columns = [];
        var isThere = new bool[recording.Stacks.Count];
        SnapshotCursor cursor = new(recording);
        first = int.MaxValue;
        for (int row = 0; columns.Count < isThere.Length && cursor.MoveNext(); row++)
        {
            int known = columns.Count;
            foreach (LiveStack stack in New(recording, cursor, isThere)) columns.Add(stack);
            if (known == 0 && columns.Count > 0) first = row;
        }

        return columns;
    }

    // A stack that was not there before can only have come by a change.
    private static IEnumerable<LiveStack> New(Recording recording, SnapshotCursor cursor, bool[] isThere)
    {
        List<LiveStack> found = [];
        Span<long> differences = new long[recording.Columns.Count];
        StackChanges.Reader changes = cursor.Current.Changes.Read();
        while (changes.TryRead(out int index, differences))
        {
            if (isThere[index]) continue;
            LiveStack stack = new(recording.Stacks[index], index, cursor[index, StackColumn.LiveBytes], cursor[index, StackColumn.LiveBlocks]);
            if (stack is { Bytes: 0, Blocks: 0 }) continue;
            isThere[index] = true;
            found.Add(stack);
        }

        return found.OrderBy(stack => stack.Bytes).ThenBy(stack => stack.Stack.Id);
    }
}

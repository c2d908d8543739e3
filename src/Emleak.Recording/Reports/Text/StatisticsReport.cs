using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>
/// mleakstatics.csv: "time,bytes,bytes,...," for each snapshot, and "0,id,id,...," as the last line. A column for each stack
/// (<see cref="StatisticsColumns"/>); every row is as wide as the header, so that a stack that came late is drawn where it belongs.
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
        StatisticsColumns columns = FindColumns(recording, out int first);
        var bytes = new long[columns.Stacks.Count];
        SnapshotCursor cursor = new(recording);
        for (int row = 0; cursor.MoveNext(); row++)
        {
            // While nothing has ever been live there are no rows.
            if (row < first) continue;
            for (int i = 0; i < bytes.Length; i++) bytes[i] = cursor[columns.Stacks[i].Index, StackColumn.LiveBytes];
            WriteRow(text, cursor.Current.Time, bytes);
        }

        WriteHeader(text, columns, recording.Header.Filter);
    });

    /// <summary>Writes a row.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="time">When the numbers were taken.</param>
    /// <param name="bytes">Live bytes of each column.</param>
    public static void WriteRow(TextWriter text, DateTimeOffset time, ReadOnlySpan<long> bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        text.Write(time.ToUnixTimeSeconds());
        text.Write(',');
        foreach (long number in bytes)
        {
            text.Write(number);
            text.Write(',');
        }

        text.Write('\n');
    }

    /// <summary>Writes the last line.</summary>
    public static void WriteHeader(TextWriter text, StatisticsColumns columns, AllocationFilter filter)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(columns);
        text.Write("0,");
        foreach (LiveStack column in columns.Stacks)
        {
            text.Write(column.Stack.Id);
            text.Write(',');
        }

        // Readers take the header's last field, empty by its comma, as one more name.
        text.Write(filter);
        text.Write('\n');
    }

    private static StatisticsColumns FindColumns(Recording recording, out int first)
    {
        StatisticsColumns columns = new();
        SnapshotCursor cursor = new(recording);
        first = int.MaxValue;
        for (int row = 0; columns.Stacks.Count < recording.Stacks.Count && cursor.MoveNext(); row++)
        {
            columns.Add(Changed(recording, cursor));
            if (first == int.MaxValue && columns.Stacks.Count > 0) first = row;
        }

        return columns;
    }

    // A stack that did not hold anything before can only hold something now by a change.
    private static LiveStack[] Changed(Recording recording, SnapshotCursor cursor)
    {
        List<LiveStack> changed = [];
        Span<long> differences = new long[recording.Columns.Count];
        StackChanges.Reader changes = cursor.Current.Changes.Read();
        while (changes.TryRead(out int i, differences)) changed.Add(new LiveStack(recording.Stacks[i], i, cursor[i, StackColumn.LiveBytes], cursor[i, StackColumn.LiveBlocks]));
        return LiveStack.Sort(changed);
    }
}

using System.Text.Json;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Format;

/// <summary>Snapshots as records, and back.</summary>
internal static class SnapshotCoding
{
    // Stacks of one line.
    private const int MostStacks = 1 << 16;

    /// <summary>How many kinds of columns there are.</summary>
    public static readonly int ColumnKinds = Enum.GetValues<StackColumn>().Length;

    private static readonly string[] Names = [.. Enum.GetNames<StackColumn>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>A column's name in the file.</summary>
    public static string NameOf(StackColumn column) => Names[(int)column];

    /// <summary>Which column the reader is at the name of; -1 for none.</summary>
    public static int FindColumn(in Utf8JsonReader json)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (json.ValueTextEquals(Names[i])) return i;
        }

        return -1;
    }

    /// <summary>The columns of these names; a newer version's are left out.</summary>
    public static StackColumn[] ColumnsOf(string[] names) => [.. Enum.GetValues<StackColumn>().Where(column => names.Contains(NameOf(column), StringComparer.Ordinal))];

    /// <summary>A snapshot as one record, or several that go on in each other.</summary>
    public static List<SnapshotRecord> Encode(Snapshot snapshot, IReadOnlyList<StackColumn> columns)
    {
        List<SnapshotRecord> parts = [];
        StackChanges.Reader changes = snapshot.Changes.Read();
        int last = -1;
        int left = snapshot.Changes.Count;
        do
        {
            int count = Math.Min(left, MostStacks);
            left -= count;
            parts.Add(Encode(snapshot, columns, ref changes, ref last, count) with { GoesOn = left > 0 ? true : null });
        }
        while (left > 0);

        return parts;
    }

    private static SnapshotRecord Encode(Snapshot snapshot, IReadOnlyList<StackColumn> columns, ref StackChanges.Reader changes, ref int last, int count)
    {
        var stacks = new int[count];
        var byKind = new long[ColumnKinds][];
        foreach (StackColumn column in columns) byKind[(int)column] = new long[count];
        Span<long> differences = new long[columns.Count];
        for (int i = 0; i < count && changes.TryRead(out int stack, differences); i++)
        {
            stacks[i] = stack - last;
            last = stack;
            for (int c = 0; c < differences.Length; c++) byKind[(int)columns[c]][i] = differences[c];
        }

        ProcessNumbers? process = snapshot.Process == ProcessNumbers.Unknown ? null : snapshot.Process;
        return new SnapshotRecord(
            snapshot.Number, snapshot.Time, process, stacks, byKind[0], byKind[1], byKind[2], byKind[3], byKind[4], byKind[5], byKind[6], byKind[7]);
    }

    /// <param name="line">The line.</param>
    /// <param name="columns">The recording's columns.</param>
    /// <param name="knownStacks">How many stacks there are before the line.</param>
    /// <param name="last">The last stack of the line that this one goes on from; -1 for a snapshot's first one. Then this one's.</param>
    /// <param name="changes">Where to collect them; empty before and after.</param>
    /// <exception cref="RecordingException">The columns do not fit each other, or a stack is not there.</exception>
    public static Snapshot Decode(SnapshotLine line, IReadOnlyList<StackColumn> columns, int knownStacks, ref int last, StackChanges.Writer changes)
    {
        ReadOnlySpan<long> stacks = line.Stacks.Numbers;
        foreach (StackColumn column in columns)
        {
            if (line.Columns[(int)column].Count != stacks.Length) throw Problem();
        }

        Span<long> differences = stackalloc long[columns.Count];
        for (int i = 0; i < stacks.Length; i++)
        {
            if (stacks[i] <= 0 || stacks[i] >= knownStacks - last) throw Problem();
            last += (int)stacks[i];
            for (int c = 0; c < differences.Length; c++) differences[c] = line.Columns[(int)columns[c]].Numbers[i];
            changes.Add(last, differences);
        }

        return new Snapshot(line.Number!.Value, line.Time!.Value, line.Process ?? ProcessNumbers.Unknown, changes.Take());

        RecordingException Problem() => new($"damaged recording: the columns of snapshot {line.Number} do not fit its stacks");
    }
}

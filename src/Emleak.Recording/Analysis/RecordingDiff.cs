using Emleak.Recordings.Model;

namespace Emleak.Recordings.Analysis;

/// <summary>What is different between two recordings, or two moments of one: by the identity of stacks, so that other lines, addresses and paths change nothing.</summary>
public sealed record RecordingDiff
{
    /// <summary>True when the times that the moments stand for differ so much that only rates can be compared.</summary>
    public required bool IsPerHour { get; init; }

    /// <summary>The stacks of both, those that changed most first.</summary>
    public required IReadOnlyList<DiffRow> Rows { get; init; }

    /// <summary>Compares two moments.</summary>
    public static RecordingDiff Of(DiffSide before, DiffSide after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<StackKey, DiffSum> old = before.Sum();
        Dictionary<StackKey, DiffSum> now = after.Sum();
        List<DiffRow> rows = [];
        foreach (StackKey key in old.Keys.Union(now.Keys))
        {
            DiffSum left = old.GetValueOrDefault(key, DiffSum.None);
            DiffSum right = now.GetValueOrDefault(key, DiffSum.None);
            rows.Add(new DiffRow(key, left, right, Classify(left, right, before.SampleBytes + after.SampleBytes)));
        }

        rows.Sort(static (a, b) => Math.Abs(b.Bytes) != Math.Abs(a.Bytes) ? Math.Abs(b.Bytes).CompareTo(Math.Abs(a.Bytes)) : a.Key.Value.CompareTo(b.Key.Value));
        return new RecordingDiff { Rows = rows, IsPerHour = !AreAlike(before.Duration, after.Duration) };
    }

    private static DiffClass Classify(DiffSum old, DiffSum now, long sampleBytes)
    {
        if (!old.IsThere) return now.IsThere ? DiffClass.New : DiffClass.WithinNoise;
        if (!now.IsThere) return DiffClass.Gone;
        const double Share = 0.01;
        const double Sigmas = 3;
        double greater = Math.Max(Math.Abs((double)old.Bytes), Math.Abs((double)now.Bytes));
        // An estimate of so many bytes has about the deviation of as many independent samples.
        double noise = Math.Max(Share * greater, sampleBytes > 0 ? Sigmas * Math.Sqrt(greater * sampleBytes) : 0);
        double change = (double)now.Bytes - old.Bytes;
        if (Math.Abs(change) <= noise) return DiffClass.WithinNoise;
        return change > 0 ? DiffClass.More : DiffClass.Less;
    }

    private static bool AreAlike(TimeSpan a, TimeSpan b) => Math.Abs((a - b).TotalSeconds) <= 0.1 * Math.Max(a.TotalSeconds, b.TotalSeconds);
}

/// <summary>A moment of a recording, and what came before it is taken off.</summary>
/// <param name="Recording">The recording.</param>
/// <param name="At">Number of the snapshot; null for the last.</param>
/// <param name="Since">Number of an earlier snapshot, e.g. of a mark; null to take nothing off.</param>
public sealed record DiffSide(Recording Recording, long? At = null, long? Since = null)
{
    /// <summary>How long it took.</summary>
    public TimeSpan Duration => TimeOf(At ?? long.MaxValue) - (Since is long since ? TimeOf(since) : Recording.Header.Start);

    internal long SampleBytes => Recording.Header.Filter.SampleBytes;

    /// <summary>What the stacks of each key hold.</summary>
    internal Dictionary<StackKey, DiffSum> Sum()
    {
        Dictionary<StackKey, DiffSum> sums = [];
        AddTo(sums, At ?? long.MaxValue, 1);
        if (Since is long since) AddTo(sums, since, -1);
        return sums;
    }

    private DateTimeOffset TimeOf(long number) => Recording.Snapshots.LastOrDefault(snapshot => snapshot.Number <= number)?.Time ?? Recording.Header.Start;

    private void AddTo(Dictionary<StackKey, DiffSum> sums, long number, int sign)
    {
        SnapshotCursor cursor = new(Recording);
        foreach (Snapshot snapshot in Recording.Snapshots)
        {
            if (snapshot.Number > number) break;
            cursor.MoveNext();
        }

        for (int stack = 0; stack < Recording.Stacks.Count; stack++)
        {
            long bytes = cursor[stack, StackColumn.LiveBytes], blocks = cursor[stack, StackColumn.LiveBlocks];
            if (bytes == 0 && blocks == 0) continue;
            StackKey key = Recording.Stacks[stack].Key;
            DiffSum sum = sums.GetValueOrDefault(key, DiffSum.None);
            sums[key] = new DiffSum(sum.Stack < 0 ? stack : sum.Stack, sum.Bytes + (sign * bytes), sum.Blocks + (sign * blocks));
        }
    }
}

/// <summary>What the stacks of one key hold.</summary>
/// <param name="Stack">Index of the first of them; -1 when there is none.</param>
/// <param name="Bytes">Live bytes.</param>
/// <param name="Blocks">Live blocks.</param>
public sealed record DiffSum(int Stack, long Bytes, long Blocks)
{
    /// <summary>No stack.</summary>
    public static DiffSum None { get; } = new(-1, 0, 0);

    /// <summary>True when something is live.</summary>
    public bool IsThere => Bytes != 0 || Blocks != 0;
}

/// <summary>One path in two moments.</summary>
/// <param name="Key">The path's identity.</param>
/// <param name="Before">In the first.</param>
/// <param name="After">In the second.</param>
/// <param name="Class">What became of it.</param>
public sealed record DiffRow(StackKey Key, DiffSum Before, DiffSum After, DiffClass Class)
{
    /// <summary>Difference in bytes.</summary>
    public long Bytes => After.Bytes - Before.Bytes;

    /// <summary>Difference in blocks.</summary>
    public long Blocks => After.Blocks - Before.Blocks;
}

/// <summary>What became of a path.</summary>
public enum DiffClass
{
    /// <summary>No more than measuring twice would differ.</summary>
    WithinNoise = 0,

    /// <summary>It holds something now.</summary>
    New,

    /// <summary>It held something before.</summary>
    Gone,

    /// <summary>It holds more.</summary>
    More,

    /// <summary>It holds less.</summary>
    Less,
}

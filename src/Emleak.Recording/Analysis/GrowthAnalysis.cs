using Emleak.Recordings.Model;

namespace Emleak.Recordings.Analysis;

/// <summary>How the process and each of its stacks grow.</summary>
public sealed record GrowthAnalysis
{
    // What a program takes when it begins is no growth.
    private const double WarmUpShare = 0.1;

    // A fixed point of division: enough parts, and each of several snapshots where there are many.
    private const int SnapshotsPerBucket = 2;

    /// <summary>All live bytes.</summary>
    public required GrowthVerdict Process { get; init; }

    /// <summary>Each stack's, by its index in the recording.</summary>
    public required IReadOnlyList<GrowthVerdict> Stacks { get; init; }

    /// <summary>The stacks that grow, the fastest first.</summary>
    public IEnumerable<int> Growing =>
        Enumerable.Range(0, Stacks.Count).Where(stack => Stacks[stack].Word == GrowthWord.Growing).OrderByDescending(stack => Stacks[stack].BytesPerHour).ThenBy(stack => stack);

    /// <summary>Judges a recording.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="warmUpEnd">When the program has warmed up; null for a tenth of the time.</param>
    public static GrowthAnalysis Of(Recording recording, DateTimeOffset? warmUpEnd = null)
    {
        ArgumentNullException.ThrowIfNull(recording);
        Snapshot[] after = AfterWarmUp(recording, warmUpEnd);
        Buckets buckets = Buckets.Of(recording, after);
        DateTimeOffset? knownAt = buckets.Count < GrowthJudge.FewestBuckets ? KnownAt(recording, after) : null;
        var minima = new double[buckets.Count];
        var stacks = new GrowthVerdict[recording.Stacks.Count];
        for (int stack = 0; stack < stacks.Length; stack++)
        {
            for (int i = 0; i < minima.Length; i++) minima[i] = buckets.Minima[(i * stacks.Length) + stack];
            stacks[stack] = GrowthJudge.Judge(buckets.Hours, minima, knownAt);
        }

        return new GrowthAnalysis { Process = GrowthJudge.Judge(buckets.Hours, [.. buckets.Totals.Select(total => (double)total)], knownAt), Stacks = stacks };
    }

    private static Snapshot[] AfterWarmUp(Recording recording, DateTimeOffset? warmUpEnd)
    {
        if (recording.Snapshots.Count == 0) return [];
        DateTimeOffset start = recording.Header.Start;
        DateTimeOffset end = recording.Snapshots[^1].Time;
        DateTimeOffset from = warmUpEnd ?? start + ((end - start) * WarmUpShare);
        return [.. recording.Snapshots.Where(snapshot => snapshot.Time >= from)];
    }

    private static DateTimeOffset? KnownAt(Recording recording, Snapshot[] after)
    {
        TimeSpan interval = TimeSpan.FromSeconds(Math.Clamp(recording.Header.IntervalSeconds, 0, 86400));
        if (after.Length == 0) return null;
        // Each further snapshot moves the end of the warm-up, too.
        return after[^1].Time + (interval * Math.Ceiling((GrowthJudge.FewestBuckets - after.Length) / (1 - WarmUpShare)));
    }

    private sealed record Buckets(double[] Hours, long[] Minima, long[] Totals)
    {
        public int Count => Hours.Length;

        public static Buckets Of(Recording recording, Snapshot[] after)
        {
            int wanted = Math.Clamp(after.Length / SnapshotsPerBucket, Math.Min(after.Length, GrowthJudge.FewestBuckets), GrowthJudge.MostBuckets);
            int stacks = recording.Stacks.Count;
            List<double> hours = [];
            List<long> totals = [];
            List<long> minima = [];
            int last = -1;
            SnapshotCursor cursor = new(recording);
            while (cursor.MoveNext())
            {
                if (after.Length == 0 || cursor.Current.Number < after[0].Number) continue;
                TimeSpan since = cursor.Current.Time - after[0].Time;
                TimeSpan span = after[^1].Time - after[0].Time;
                int bucket = span > TimeSpan.Zero ? Math.Min(wanted - 1, (int)(since / span * wanted)) : 0;
                if (bucket != last)
                {
                    last = bucket;
                    hours.Add((bucket + 0.5) * span.TotalHours / wanted);
                    totals.Add(long.MaxValue);
                    minima.AddRange(Enumerable.Repeat(long.MaxValue, stacks));
                }

                long total = 0;
                int row = minima.Count - stacks;
                for (int stack = 0; stack < stacks; stack++)
                {
                    long live = cursor[stack, StackColumn.LiveBytes];
                    total += live;
                    minima[row + stack] = Math.Min(minima[row + stack], live);
                }

                totals[^1] = Math.Min(totals[^1], total);
            }

            return new Buckets([.. hours], [.. minima], [.. totals]);
        }
    }
}

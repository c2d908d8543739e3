using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Model;

/// <summary>Which snapshots stay when there are many.</summary>
public sealed class SnapshotThinningTests
{
    private const int Taken = 20_000;

    [Fact]
    public void There_are_never_more_than_the_limit_and_the_last_stay()
    {
        RecordingBuilder recording = Record((builder, _) => Assert.InRange(builder.Build().Snapshots.Count, 1, SnapshotThinning.MaxSnapshots));
        long[] numbers = [.. recording.Build().Snapshots.Select(snapshot => snapshot.Number)];
        Assert.Equal(0, numbers[0]);
        Assert.Equal(Enumerable.Range(Taken - SnapshotThinning.Recent, SnapshotThinning.Recent).Select(number => (long)number), numbers[^SnapshotThinning.Recent..]);
        Assert.True(recording.Revision < Taken / 100, $"written anew {recording.Revision} times");
    }

    [Fact]
    public void Old_ones_are_spread_evenly()
    {
        long[] numbers = [.. Record((_, _) => { }).Build().Snapshots.Select(snapshot => snapshot.Number)];
        long[] old = [.. numbers.Where(number => number < Taken - SnapshotThinning.MaxSnapshots)];
        long[] gaps = [.. old.Skip(1).Zip(old, (next, previous) => next - previous)];
        Assert.InRange(gaps.Max(), 2, Taken / 100);
        Assert.True(old.Length > 100, $"{old.Length} old ones");
    }

    [Fact]
    public void Marks_and_peaks_stay()
    {
        RecordingBuilder recording = Record((builder, number) =>
        {
            if (number is 333 or 4444) builder.AddMark($"at {number}", "command");
        });
        HashSet<long> numbers = [.. recording.Build().Snapshots.Select(snapshot => snapshot.Number)];
        // 777: the most live bytes; 12345: the most resident ones.
        Assert.Superset(new HashSet<long> { 333, 4444, 777, 12345 }, numbers);
    }

    [Fact]
    public void More_marks_than_snapshots_do_no_harm()
    {
        RecordingBuilder recording = Record((builder, _) =>
        {
            builder.AddMark("iteration", "command");
            Assert.InRange(builder.Build().Snapshots.Count, 1, SnapshotThinning.MaxSnapshots);
        });
        Assert.Equal(Taken, recording.Build().Marks.Count);
    }

    [Fact]
    public void A_snapshot_that_stays_keeps_its_numbers()
    {
        Recording recording = Record((_, _) => { }).Build();
        SnapshotCursor cursor = new(recording);
        while (cursor.MoveNext())
        {
            long number = cursor.Current.Number;
            Assert.Equal(LiveAt(number), cursor[0, StackColumn.LiveBytes]);
            Assert.Equal(number % 7 == 0 ? number : number / 7 * 7, cursor[1, StackColumn.LiveBlocks]);
            Assert.Equal(Samples.Start.AddSeconds(number), cursor.Current.Time);
        }
    }

    private static long LiveAt(long number) => number == 777 ? 1 << 30 : number % 1000;

    private static RecordingBuilder Record(Action<RecordingBuilder, long> after)
    {
        RecordingBuilder recording = new(Samples.Header);
        recording.AddStack(1, []);
        recording.AddStack(2, []);
        for (int number = 0; number < Taken; number++)
        {
            recording.Set(0, StackColumn.LiveBytes, LiveAt(number));
            if (number % 7 == 0) recording.Set(1, StackColumn.LiveBlocks, number);
            recording.TakeSnapshot(Samples.Start.AddSeconds(number), new ProcessNumbers { Rss = number == 12345 ? 1 << 30 : 1 << 20 });
            after(recording, number);
        }

        return recording;
    }
}

using Emleak.Recordings.Analysis;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Analysis;

/// <summary>Two recordings side by side.</summary>
public sealed class DiffTests
{
    [Fact]
    public void A_rebuild_elsewhere_changes_nothing_but_what_changed()
    {
        Recording old = Record("/opt/v1/", 0x1000, ("same", 4096), ("more", 1000), ("less", 1000), ("gone", 64), ("near", 100_000));
        Recording now = Record("/opt/v2/", 0x7000, ("new", 8), ("more.constprop.0", 5000), ("same.isra.1", 4096), ("less", 10), ("near", 100_900));
        RecordingDiff diff = RecordingDiff.Of(new DiffSide(old), new DiffSide(now));
        Assert.Equal(
            [("more", DiffClass.More, 4000L), ("less", DiffClass.Less, -990L), ("near", DiffClass.WithinNoise, 900L), ("gone", DiffClass.Gone, -64L), ("new", DiffClass.New, 8L), ("same", DiffClass.WithinNoise, 0L)],
            diff.Rows.Select(row => (NameOf(row, old, now), row.Class, row.Bytes)));
        Assert.False(diff.IsPerHour);
    }

    [Fact]
    public void Two_moments_of_one_recording_can_be_compared()
    {
        Recording recording = Samples.Ended();
        RecordingDiff diff = RecordingDiff.Of(new DiffSide(recording, At: 0), new DiffSide(recording));
        Assert.Equal((1L << 40) + 16 - 100, diff.Rows.Sum(row => row.Bytes));
        Assert.True(diff.IsPerHour);
        // Between the two, what was there at the first is taken off.
        RecordingDiff none = RecordingDiff.Of(new DiffSide(recording, Since: 0), new DiffSide(recording, Since: 0));
        Assert.All(none.Rows, row => Assert.Equal(0, row.Bytes));
    }

    [Fact]
    public void Estimates_have_more_noise()
    {
        Header sampled = Samples.Header with { Filter = new AllocationFilter { SampleBytes = 1 << 19 } };
        Recording old = Record("/opt/", 1, ("near", 1 << 20));
        Recording now = Record("/opt/", 1, ("near", 3 << 20));
        Assert.Equal(DiffClass.More, RecordingDiff.Of(new DiffSide(old), new DiffSide(now)).Rows[0].Class);
        Assert.Equal(DiffClass.WithinNoise, RecordingDiff.Of(new DiffSide(old with { Header = sampled }), new DiffSide(now with { Header = sampled })).Rows[0].Class);
    }

    private static string NameOf(DiffRow row, Recording old, Recording now)
    {
        (Recording recording, int stack) = row.Before.Stack >= 0 ? (old, row.Before.Stack) : (now, row.After.Stack);
        return recording.Functions[recording.FramesOf(recording.Stacks[stack])[0].Function].Name;
    }

    private static Recording Record(string folder, ulong address, params (string Function, long Bytes)[] stacks)
    {
        RecordingBuilder recording = new(Samples.Header);
        int module = recording.AddModule(new Module { Path = folder + "server" });
        foreach ((string function, long bytes) in stacks)
        {
            int index = recording.AddFunction(new Function(function));
            int frame = recording.AddFrame(new Frame { Address = address++, Module = module, Function = index, Line = (int)address });
            int stack = recording.AddStack(index + 1, [frame]);
            recording.Set(stack, StackColumn.LiveBytes, bytes);
            recording.Set(stack, StackColumn.LiveBlocks, 1);
        }

        recording.TakeSnapshot(Samples.Start.AddMinutes(10));
        return recording.Build();
    }
}

using System.Diagnostics;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Format;

/// <summary>The largest recording that there may be: 65,535 stacks, 512 snapshots, a tenth of the stacks changing at each.</summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class SpeedTests
{
    private const string Alone = "alone";

    [Fact]
    public void The_largest_recording_is_read_at_once()
    {
        byte[] file = Synthetic.Largest();
        Samples.Read(file);
        GC.Collect();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long began = Stopwatch.GetTimestamp();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        Recording recording = Samples.Read(file);
        TimeSpan time = Environment.CpuUsage.TotalTime - used;
        long kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.SendDiagnosticMessage(
            $"{file.Length} bytes, {recording.Nodes.Count} nodes, {recording.Snapshots.Sum(snapshot => (long)snapshot.Changes.Count)} changes: read in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms, {time.TotalMilliseconds:0} of them at work, {kept} bytes kept");
        Assert.Equal(SnapshotThinning.MaxSnapshots, recording.Snapshots.Count);
        Assert.InRange(kept, 1, 100 << 20);
        // The machine may be busy.
        Assert.InRange(time, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}

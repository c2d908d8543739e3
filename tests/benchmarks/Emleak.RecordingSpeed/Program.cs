using System.Diagnostics;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Recordings.Tests;

// PROGRAM largest FILE: writes a recording of 65,535 stacks and 512 snapshots.
// PROGRAM week FILE: records a week at one snapshot a second with 5,000 stacks, and says how large the file became.
switch (args)
{
    case ["largest", string file]:
        File.WriteAllBytes(file, Synthetic.Largest());
        return 0;
    case ["week", string file]:
        RecordWeek(file);
        return 0;
    default:
        Console.Error.WriteLine("give largest FILE or week FILE");
        return 2;
}

static void RecordWeek(string path)
{
    const int Seconds = 7 * 24 * 3600, Stacks = 5000, FlushedEach = 32;
    RecordingBuilder recording = Synthetic.WithStacks(Stacks, depth: 20);
    using GrowingFile file = new(new RecordingPath(path));
    Random random = new(15);
    var live = new long[Stacks];
    long greatest = 0, flushes = 0;
    TimeSpan longest = TimeSpan.Zero, total = TimeSpan.Zero;
    for (int second = 0; second < Seconds; second++)
    {
        for (int i = 0; i < Stacks / 50; i++)
        {
            // Every tenth leaks, every other one comes and goes, the rest stands.
            int stack = random.Next(Stacks);
            live[stack] = stack % 10 == 0 ? live[stack] + random.Next(4096) : stack % 2 == 0 ? random.Next(1 << 16) : 4096;
            recording.Set(stack, StackColumn.LiveBytes, live[stack]);
            recording.Set(stack, StackColumn.LiveBlocks, live[stack] / 64);
        }

        recording.TakeSnapshot(Samples.Start.AddSeconds(second), new ProcessNumbers { Rss = 1 << 28 });
        if (second % FlushedEach != 0) continue;
        long began = Stopwatch.GetTimestamp();
        file.Flush(recording.Build(), recording.Revision);
        TimeSpan time = Stopwatch.GetElapsedTime(began);
        (total, longest, flushes) = (total + time, time > longest ? time : longest, flushes + 1);
        greatest = Math.Max(greatest, new FileInfo(path).Length);
    }

    file.Finish(recording.Build());
    Console.WriteLine($"a week: {greatest} bytes at most, {new FileInfo(path).Length} at the end; {flushes} flushes, {total.TotalMilliseconds / flushes:0.0} ms on average, {longest.TotalMilliseconds:0} ms at most");
}

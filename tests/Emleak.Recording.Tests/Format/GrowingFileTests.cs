using System.IO.Compression;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Format;

/// <summary>A file that is written while the trace goes on, and what is left of it when the writer is killed.</summary>
public sealed class GrowingFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("emleak-recording-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_cut_at_any_byte_reads_up_to_the_last_flush()
    {
        string path = Path.Combine(_folder, RecordingWriter.FileName);
        RecordingBuilder recording = Samples.Small();
        List<(long Length, int Snapshots)> flushes = [];
        using (GrowingFile file = GrowingFile.Create(new RecordingPath(path), recording))
        {
            flushes.Add((new FileInfo(path).Length, 2));
            for (int i = 0; i < 8; i++)
            {
                recording.Set(i % 4, StackColumn.LiveBytes, 1000 * (i + 1));
                recording.AddFunction(new Function($"late{i}"));
                recording.TakeSnapshot(Samples.Start.AddSeconds(30 + i));
                file.Flush();
                flushes.Add((new FileInfo(path).Length, 3 + i));
            }
        }

        byte[] bytes = File.ReadAllBytes(path);
        List<string> whole = RoundTripTests.Numbers(recording.Build());
        for (int length = 0; length <= bytes.Length; length++)
        {
            int available = length;
            ReadOnlySpan<byte> cut = bytes.AsSpan(0, available);
            int least = flushes.LastOrDefault(flush => flush.Length <= available).Snapshots;
            if (least == 0)
            {
                if (TryRead(cut) is { } early) Assert.True(early.Snapshots.Count <= 2);
                continue;
            }

            Recording read = Samples.Read(cut);
            Assert.InRange(read.Snapshots.Count, least, recording.Build().Snapshots.Count);
            Assert.Null(read.End);
            List<string> numbers = RoundTripTests.Numbers(read);
            Assert.Equal(whole.Take(numbers.Count), numbers);
        }
    }

    [Fact]
    public void A_finished_file_says_how_it_ended_and_is_what_the_writer_writes()
    {
        string path = Path.Combine(_folder, RecordingWriter.FileName);
        RecordingBuilder recording = Samples.Small();
        using (GrowingFile file = GrowingFile.Create(new RecordingPath(path), recording))
        {
            recording.Finish(new TraceEnding(Samples.Start.AddSeconds(22), "signal", Signal: 2), [new Loss("untracked-blocks", 3, 4096)]);
            file.Finish();
        }

        Assert.Equal(Samples.Write(Samples.Ended()), File.ReadAllBytes(path));
        Assert.Equal("signal", RecordingReader.Open(_folder).End!.Reason);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Frames_named_later_replace_those_without_names()
    {
        string path = Path.Combine(_folder, RecordingWriter.FileName);
        RecordingBuilder recording = Samples.Small();
        using GrowingFile file = GrowingFile.Create(new RecordingPath(path), recording);
        StackKey before = recording.Build().Stacks[1].Key;
        int late = recording.AddFunction(new Function("named_late"));
        recording.ReplaceFrames(frame => frame.Reason == MissingName.NoSymbols ? frame with { Function = late, Reason = MissingName.None, File = "late.c", Line = 3 } : frame);
        file.Flush();
        Recording read = RecordingReader.Open(path);
        Assert.Contains(read.Frames, frame => frame.Function == late && frame.File == "late.c");
        Assert.NotEqual(before, read.Stacks[1].Key);
    }

    [Fact]
    public void A_week_of_seconds_with_5000_stacks_stays_small()
    {
        const int Seconds = 7 * 24 * 3600;
        const int Stacks = 5000;
        string path = Path.Combine(_folder, RecordingWriter.FileName);
        RecordingBuilder recording = Synthetic.WithStacks(Stacks, depth: 20);
        Random random = new(15);
        long greatest = 0;
        var live = new long[Stacks];
        using (GrowingFile file = GrowingFile.Create(new RecordingPath(path), recording))
        {
            // A week's snapshots, each 20th of them really taken: a test of a minute would be too long. What is written and thinned out is the same but for its times.
            for (int second = 0; second < Seconds; second += 20)
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
                if (second % 1000 == 0) file.Flush();
                if (second % 10000 == 0) greatest = Math.Max(greatest, new FileInfo(path).Length);
            }

            file.Finish();
        }

        Recording read = RecordingReader.Open(path);
        TestContext.Current.SendDiagnosticMessage($"a week: {greatest} bytes at most, {new FileInfo(path).Length} at the end, {read.Snapshots.Count} snapshots");
        Assert.InRange(greatest, 1, 8 << 20);
        Assert.InRange(read.Snapshots.Count, 100, SnapshotThinning.MaxSnapshots);
        SnapshotCursor end = new SnapshotCursor(read).MoveToLast();
        Assert.Equal(live, Enumerable.Range(0, Stacks).Select(stack => end[stack, StackColumn.LiveBytes]));
    }

    private static Recording? TryRead(ReadOnlySpan<byte> file)
    {
        try
        {
            return Samples.Read(file);
        }
        catch (RecordingException)
        {
            return null;
        }
    }
}

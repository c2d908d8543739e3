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
        using (GrowingFile file = Create(path, recording))
        {
            flushes.Add((new FileInfo(path).Length, 2));
            for (int i = 0; i < 8; i++)
            {
                recording.Set(i % 4, StackColumn.LiveBytes, 1000 * (i + 1));
                recording.AddFunction(new Function($"late{i}"));
                recording.TakeSnapshot(Samples.Start.AddSeconds(30 + i));
                file.Flush(recording.Build(), recording.Revision);
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
        using (GrowingFile file = Create(path, recording))
        {
            recording.Finish(new TraceEnding(Samples.Start.AddSeconds(22), "signal", Signal: 2), [new Loss("untracked-blocks", 3, 4096)]);
            file.Finish(recording.Build());
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
        using GrowingFile file = Create(path, recording);
        StackKey before = recording.Build().Stacks[1].Key;
        int late = recording.AddFunction(new Function("named_late"));
        int unnamed = recording.FramesOf(1).First();
        Frame named = recording.Build().Frames[unnamed] with { Function = late, Reason = MissingName.None, File = "late.c", Line = 3 };
        recording.ReplaceFrames(new Dictionary<int, Frame> { [unnamed] = named });
        file.Flush(recording.Build(), recording.Revision);
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
        using (GrowingFile file = Create(path, recording))
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
                if (second % 1000 == 0) file.Flush(recording.Build(), recording.Revision);
                if (second % 10000 == 0) greatest = Math.Max(greatest, new FileInfo(path).Length);
            }

            file.Finish(recording.Build());
        }

        Recording read = RecordingReader.Open(path);
        TestContext.Current.SendDiagnosticMessage($"a week: {greatest} bytes at most, {new FileInfo(path).Length} at the end, {read.Snapshots.Count} snapshots");
        Assert.InRange(greatest, 1, 8 << 20);
        Assert.InRange(read.Snapshots.Count, 100, SnapshotThinning.MaxSnapshots);
        SnapshotCursor end = new SnapshotCursor(read).MoveToLast();
        Assert.Equal(live, Enumerable.Range(0, Stacks).Select(stack => end[stack, StackColumn.LiveBytes]));
    }

    /// <summary>A disk that is full for a while: what a flush could not write is there after the next one that can.</summary>
    [Fact]
    public void What_could_not_be_written_is_written_later_and_the_file_reads_meanwhile()
    {
        string path = Path.Combine(_folder, RecordingWriter.FileName);
        RecordingBuilder recording = Samples.Small();
        FullPlace place = new(path);
        using GrowingFile file = new(place);
        Assert.Throws<IOException>(() => file.Flush(recording.Build(), recording.Revision));
        Assert.Empty(Directory.GetFiles(_folder));
        place.Room = long.MaxValue;
        file.Flush(recording.Build(), recording.Revision);
        Assert.Equal(2, RecordingReader.Open(path).Snapshots.Count);

        // In the middle of a line.
        place.Room = 7;
        for (int i = 0; i < 3; i++)
        {
            recording.Set(0, StackColumn.LiveBytes, 1000 + i);
            recording.TakeSnapshot(Samples.Start.AddSeconds(30 + i));
            Assert.Throws<IOException>(() => file.Flush(recording.Build(), recording.Revision));
            Assert.Equal(2, RecordingReader.Open(path).Snapshots.Count);
        }

        // Written anew, it does not fit either: the old one stays.
        recording.ReplaceFrames(new Dictionary<int, Frame>());
        Assert.Throws<IOException>(() => file.Flush(recording.Build(), recording.Revision));
        Assert.Equal(2, RecordingReader.Open(path).Snapshots.Count);
        Assert.Equal([path], Directory.GetFiles(_folder));
        place.Room = long.MaxValue;
        file.Flush(recording.Build(), recording.Revision);
        Assert.Equal(RoundTripTests.Numbers(recording.Build()), RoundTripTests.Numbers(RecordingReader.Open(path)));

        // Appended to: what waited comes first.
        place.Room = 7;
        recording.Set(0, StackColumn.LiveBytes, 5);
        recording.TakeSnapshot(Samples.Start.AddSeconds(40));
        Assert.Throws<IOException>(() => file.Flush(recording.Build(), recording.Revision));
        place.Room = long.MaxValue;
        recording.Set(0, StackColumn.LiveBytes, 6);
        recording.TakeSnapshot(Samples.Start.AddSeconds(41));
        file.Flush(recording.Build(), recording.Revision);
        Assert.Equal(7, recording.Build().Snapshots.Count);
        Assert.Equal(RoundTripTests.Numbers(recording.Build()), RoundTripTests.Numbers(RecordingReader.Open(path)));
    }

    private static GrowingFile Create(string path, RecordingBuilder recording)
    {
        GrowingFile file = new(new RecordingPath(path));
        file.Flush(recording.Build(), recording.Revision);
        return file;
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

    /// <summary>A disk with room for so many bytes.</summary>
    private sealed class FullPlace(string path) : IRecordingPlace
    {
        private readonly RecordingPath _place = new(path);

        public long Room { get; set; }

        public Stream CreateDraft() => new FullStream(_place.CreateDraft(), this);

        public void Publish() => _place.Publish();

        public void RemoveDraft() => _place.RemoveDraft();
    }

    private sealed class FullStream(Stream file, FullPlace place) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position { get => file.Position; set => file.Position = value; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            file.Write(buffer, offset, (int)Math.Min(count, place.Room));
            if (count > place.Room) throw new IOException("No space left on device");
        }

        public override void Flush() => file.Flush();

        public override void SetLength(long value) => file.SetLength(value);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}

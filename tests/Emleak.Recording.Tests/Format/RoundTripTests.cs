using Emleak.Recordings.Format;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Format;

/// <summary>What is written is what is read.</summary>
public sealed class RoundTripTests
{
    [Fact]
    public void A_recording_is_read_as_it_was_written()
    {
        Recording written = Samples.Ended();
        Recording read = Samples.Read(Samples.Write(written));
        Assert.Equivalent(written with { Snapshots = [] }, read with { Snapshots = [] }, strict: true);
        Assert.Equal(Numbers(written), Numbers(read));
        Assert.Equal(written.Frames, read.Frames);
        Assert.Equal(written.Stacks, read.Stacks);
        Assert.Equal(written.Nodes, read.Nodes);
    }

    [Fact]
    public void The_same_recording_gives_the_same_bytes()
    {
        byte[] once = Samples.Write(Samples.Ended());
        Assert.Equal(once, Samples.Write(Samples.Ended()));
        Assert.Equal(once, Samples.Write(Samples.Read(once)));
    }

    [Fact]
    public void Numbers_of_any_size_survive()
    {
        RecordingBuilder recording = new(Samples.Header);
        int stack = recording.AddStack(int.MaxValue, []);
        foreach (long value in (long[])[long.MaxValue, long.MinValue, -1, 0, 1])
        {
            recording.Set(stack, StackColumn.LiveBytes, value);
            recording.TakeSnapshot(Samples.Start);
        }

        Assert.Equal(Numbers(recording.Build()), Numbers(Samples.Read(Samples.Write(recording.Build()))));
    }

    [Fact]
    public void Hostile_names_survive_as_they_are()
    {
        RecordingBuilder recording = new(Samples.Header);
        string name = "a\nb\"</script>\u202e\u2028;\\" + new string('x', 4096);
        recording.AddFunction(new Function(name, name + "1", name + "2"));
        recording.AddModule(new Module { Path = "/" + name });
        Recording read = Samples.Read(Samples.Write(recording.Build()));
        Assert.Equal([new Function(name, name + "1", name + "2")], read.Functions);
        Assert.Equal("/" + name, read.Modules[0].Path);
    }

    [Fact]
    public void Many_long_names_make_more_lines_not_longer_ones()
    {
        RecordingBuilder recording = new(Samples.Header);
        string padding = new('\u202e', 8000);
        for (int i = 0; i < 500; i++)
        {
            recording.AddFunction(new Function($"{i}{padding}", $"full {i}{padding}"));
            recording.AddModule(new Module { Path = $"/{i}{padding}" });
            recording.AddFrame(new Frame { Address = (ulong)i, File = $"{i}{padding}" });
        }

        Recording read = Samples.Read(Samples.Write(recording.Build()));
        Assert.Equal(recording.Build().Functions, read.Functions);
        Assert.Equal(recording.Build().Frames, read.Frames);
    }

    [Fact]
    public void A_snapshot_of_many_stacks_goes_on_in_more_lines_and_counts_when_all_of_them_are_there()
    {
        const int Stacks = 70_000;
        RecordingBuilder recording = new(Samples.Header);
        for (int id = 0; id < Stacks; id++) recording.Set(recording.AddStack(id, []), StackColumn.LiveBytes, id);
        recording.TakeSnapshot(Samples.Start);
        recording.Set(Stacks - 1, StackColumn.LiveBytes, 5);
        recording.TakeSnapshot(Samples.Start.AddSeconds(1));
        byte[] file = Samples.Write(recording.Build());
        Recording read = Samples.Read(file);
        Assert.Equal(Numbers(recording.Build()), Numbers(read));
        Assert.Equal(2, read.Snapshots.Count);

        string[] lines = Samples.LinesOf(file);
        int[] parts = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].StartsWith("{\"snapshot\"", StringComparison.Ordinal))];
        Assert.Equal(3, parts.Length);
        foreach (int end in parts)
        {
            int expected = Array.IndexOf(parts, end);
            Assert.Equal(expected, Samples.ReadLines(lines[..(end + 1)]).Snapshots.Count);
        }

        Assert.Throws<RecordingException>(() => Samples.ReadLines([.. lines[..(parts[0] + 1)], lines[parts[2]]]));
    }

    /// <summary>All numbers of all snapshots.</summary>
    internal static List<string> Numbers(Recording recording)
    {
        List<string> numbers = [];
        SnapshotCursor cursor = new(recording);
        while (cursor.MoveNext())
        {
            for (int stack = 0; stack < recording.Stacks.Count; stack++)
            {
                string values = string.Join(',', recording.Columns.Select(column => cursor[stack, column]));
                numbers.Add($"{cursor.Current.Number} {cursor.Current.Time:O} {cursor.Current.Process} {stack}: {values}");
            }
        }

        return numbers;
    }
}

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

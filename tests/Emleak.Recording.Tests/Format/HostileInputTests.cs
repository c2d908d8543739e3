using System.IO.Compression;
using System.Text;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Format;

/// <summary>Files that are no recordings, or lie about what they have.</summary>
public sealed class HostileInputTests
{
    private const string Header = """{"header":{"format":1,"emleak":"0.1.0","start":1,"target":{"pid":1}}}""";
    private const string Columns = """{"columns":["liveBytes","liveBlocks"]}""";

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("hello\n")]
    [InlineData("{}\n")]
    [InlineData("[1]\n")]
    [InlineData("""{"header":7}""" + "\n")]
    [InlineData("""{"header":{}}""" + "\n")]
    [InlineData("""{"header":{"format":0}}""" + "\n")]
    [InlineData("""{"header":{"format":1,"emleak":"x","start":99999999999999999,"target":{"pid":1}}}""" + "\n")]
    [InlineData("""{"snapshot":{}}""" + "\n")]
    public void What_does_not_begin_with_a_header_is_not_a_recording(string text) => Assert.StartsWith("not a recording", Refusal(text), StringComparison.Ordinal);

    [Fact]
    public void A_newer_format_is_refused_by_name() => Assert.Equal(
        "the recording has format 2, written by emleak 9.1?[31m; this version reads formats up to 1",
        Refusal("{\"header\":{\"emleak\":\"9.1\u007f[31m\",\"format\":2,\"start\":{\"unknown\":[]}}}\n"));

    [Theory]
    [InlineData("""{"stacks":{"id":[1],"node":[0],"key":["0123456789abcdef"]}}""")]
    [InlineData("""{"stacks":{"id":[1],"node":[-1],"key":["x"]}}""")]
    [InlineData("""{"stacks":{"id":[1],"node":[-1]}}""")]
    [InlineData("""{"stacks":null}""")]
    [InlineData("""{"nodes":{"back":[0],"frame":[0]}}""")]
    [InlineData("""{"frames":{"address":[1],"module":[0],"moduleAddress":[1],"function":[-1],"offset":[1]}}""")]
    [InlineData("""{"frames":{"address":[1],"module":[-1],"moduleAddress":[1],"function":[-1],"offset":[1],"inlined":[2147483647]}}""")]
    [InlineData("""{"frames":{"address":[1],"module":[-1],"moduleAddress":[1],"function":[-1],"offset":[1],"inlined":[-5]}}""")]
    [InlineData("""{"frames":{"address":[1,2],"module":[-1],"moduleAddress":[1],"function":[-1],"offset":[1]}}""")]
    [InlineData("""{"functions":{"name":[null]}}""")]
    [InlineData("""{"modules":[null]}""")]
    [InlineData("""{"modules":[{"path":"x","ranges":[null]}]}""")]
    [InlineData("""{"files":[null]}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1,"stacks":[1],"liveBytes":[1],"liveBlocks":[1]}}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1}}""")]
    [InlineData("""{"snapshot":7}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1,"stacks":7,"liveBytes":[],"liveBlocks":[]}}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1,"stacks":null,"liveBytes":[],"liveBlocks":[]}}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1,"stacks":[],"liveBytes":[],"liveBlocks":[1]}}""")]
    [InlineData("""{"snapshot":{"number":0,"time":1,"stacks":[1""")]
    [InlineData("""{"snapshot":{"number":null,"time":1,"stacks":[],"liveBytes":[],"liveBlocks":[]}}""")]
    [InlineData("""{"mark":{"snapshot":1,"time":1}}""")]
    [InlineData("""{"end":{"time":1}}""")]
    [InlineData("""{"columns":["liveBytes"]}""")]
    [InlineData("""{"event":{"time":1,"kind":"x","numbers":{"a":{}}}}""")]
    [InlineData("""{"event":{"time":1,"kind":"x","y":[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]}}""")]
    [InlineData("17")]
    public void A_line_that_lies_is_an_error(string line) => Assert.NotEmpty(Refusal($"{Header}\n{Columns}\n{line}\n"));

    /// <summary>Numbers of snapshots are read digit by digit.</summary>
    [Theory]
    [InlineData("5", 5L)]
    [InlineData(" 5 ", 5L)]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-9223372036854775809", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("18446744073709551617", null)]
    [InlineData("05", null)]
    [InlineData("-", null)]
    [InlineData("+5", null)]
    [InlineData("5.0", null)]
    [InlineData("5e0", null)]
    [InlineData("5 5", null)]
    [InlineData("5,", null)]
    [InlineData(",5", null)]
    [InlineData("", null)]
    [InlineData("null", null)]
    [InlineData("\"5\"", null)]
    [InlineData("[5]", null)]
    public void A_number_of_a_snapshot_is_a_whole_one(string number, long? expected)
    {
        string text = $$$"""
            {{{Header}}}
            {{{Columns}}}
            {"stacks":{"id":[5],"node":[-1],"key":["0123456789abcdef"]}}
            {"snapshot":{"number":0,"x":[1,{"y":[]}],"time":1000,"process":{"rss":4},"stacks":[ 1 ],"liveBytes":[{{{number}}}],"liveBlocks":[1]}}

            """;
        if (expected is null) Assert.NotEmpty(Refusal(text));
        else Assert.Equal(expected, new SnapshotCursor(Samples.Read(Compress(text))).MoveToLast()[0, StackColumn.LiveBytes]);
    }

    [Fact]
    public void What_is_not_known_is_skipped()
    {
        string header = Header.Replace("\"pid\":1", "\"pid\":1,\"shoe\":[44]", StringComparison.Ordinal);
        Recording read = Samples.Read(Compress($$$"""
            {{{header}}}
            {"columns":["liveBytes","liveBlocks","moonPhase"]}
            {"weather":{"rain":[1,2,{"mm":3}]}}
            {"stacks":{"id":[5],"node":[-1],"key":["0123456789abcdef"],"mood":["sad"]}}
            {"snapshot":{"number":0,"time":1000,"stacks":[1],"liveBytes":[64],"liveBlocks":[1],"moonPhase":[3]}}

            """));
        Assert.Equal(64, new SnapshotCursor(read).MoveToLast()[0, StackColumn.LiveBytes]);
    }

    [Fact]
    public void Stacks_deeper_than_any_walk_are_refused()
    {
        string nodes = $$$"""{"nodes":{"back":[0{{{string.Concat(Enumerable.Repeat(",1", 1024))}}}],"frame":[0{{{string.Concat(Enumerable.Repeat(",0", 1024))}}}]}}""";
        string frame = """{"frames":{"address":[1],"module":[-1],"moduleAddress":[1],"function":[-1],"offset":[1]}}""";
        Assert.Equal("damaged recording: stacks that are too deep", Refusal($"{Header}\n{Columns}\n{frame}\n{nodes}\n"));
    }

    [Fact]
    public void Lines_and_text_have_limits()
    {
        RecordingLimits limits = new() { LineBytes = 1 << 16, TextBytes = 1 << 18 };
        string longLine = $$"""{"x":"{{new string('a', 1 << 17)}}"}""";
        Assert.Contains("a line of more than", Refusal($"{Header}\n{longLine}\n", limits), StringComparison.Ordinal);
        string many = string.Concat(Enumerable.Repeat($$"""{"x":"{{new string('a', 1 << 15)}}"}{{"\n"}}""", 9));
        Assert.Contains("bytes of text", Refusal($"{Header}\n{many}", limits), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_takes_no_more_memory_than_its_longest_line()
    {
        using MemoryStream bomb = new();
        using (GZipStream compressed = new(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            compressed.Write(Encoding.UTF8.GetBytes($"{Header}\n{Columns}\n{{\"x\":\""));
            byte[] zeros = new byte[1 << 20];
            zeros.AsSpan().Fill((byte)'0');
            for (int i = 0; i < 64; i++) compressed.Write(zeros);
        }

        bomb.Position = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<RecordingException>(() => RecordingReader.Read(bomb));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 3L * RecordingLimits.Default.LineBytes);
    }

    private static string Refusal(string text, RecordingLimits? limits = null) =>
        Assert.Throws<RecordingException>(() => RecordingReader.Read(new MemoryStream(Compress(text)), limits)).Message;

    private static byte[] Compress(string text)
    {
        using MemoryStream output = new();
        using (GZipStream compressed = new(output, CompressionLevel.Fastest, leaveOpen: true)) compressed.Write(Encoding.UTF8.GetBytes(text));
        return output.ToArray();
    }
}

using System.Xml.Linq;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;

namespace Emleak.Recordings.Tests.Reports;

/// <summary>Pictures are sound XML, whatever the names, and show the numbers of the other reports.</summary>
public sealed class PictureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Pictures => [.. ReportWriters.All.Except(ReportWriters.Texts).Select(writer => writer.Name)];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Nothing_and_hostile_names_are_drawn_as_sound_documents(string picture)
    {
        RecordingBuilder recording = new(Samples.Header);
        Parse(picture, recording.Build());
        int function = recording.AddFunction(new Function("a<b>&\"']]></script>\0\u202e\ud800\uffff"));
        int frame = recording.AddFrame(new Frame { Address = 1, Function = function });
        recording.Set(recording.AddStack(1, [frame]), StackColumn.LiveBytes, 4096);
        recording.TakeSnapshot(Samples.Start.AddSeconds(1));
        recording.Set(recording.AddStack(2, []), StackColumn.LiveBytes, -4096);
        recording.TakeSnapshot(Samples.Start.AddSeconds(2));
        XElement drawn = Parse(picture, recording.Build());
        Assert.DoesNotContain(drawn.Descendants(), element => element.Attributes().Any(attribute => attribute.Value.Contains("NaN", StringComparison.Ordinal)));
        // Nothing comes from elsewhere, and only the flame graph has a script, which is ours.
        Assert.DoesNotContain(drawn.Descendants().Attributes(), attribute => attribute.Name.LocalName is "href" or "src" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Equal(picture == "flame" ? 1 : 0, drawn.Descendants(Svg + "script").Count());
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void The_same_recording_gives_the_same_picture(string picture) => Assert.Equal(Samples.Report(picture, Samples.Ended()), Samples.Report(picture, Samples.Ended()));

    [Fact]
    public void Boxes_of_a_flame_graph_are_as_wide_as_what_they_hold()
    {
        RecordingBuilder recording = new(Samples.Header);
        int main = Frame(recording, "main", 1), a = Frame(recording, "a", 2), b = Frame(recording, "b", 3);
        recording.Set(recording.AddStack(1, [a, main]), StackColumn.LiveBytes, 300);
        recording.Set(recording.AddStack(2, [b, main]), StackColumn.LiveBytes, 100);
        recording.TakeSnapshot(Samples.Start);
        Dictionary<string, double> widths = Parse("flame", recording.Build()).Descendants(Svg + "g").ToDictionary(
            box => box.Element(Svg + "title")!.Value.Split(':')[0], box => (double)box.Element(Svg + "rect")!.Attribute("width")!);
        Assert.Equal(new Dictionary<string, double> { ["all"] = 1180, ["main"] = 1180, ["a"] = 885, ["b"] = 295 }, widths);
    }

    [Fact]
    public void Every_line_of_growth_is_named_and_the_rest_is_summed()
    {
        RecordingBuilder recording = new(Samples.Header);
        for (int i = 1; i <= 30; i++) recording.Set(recording.AddStack(i, [Frame(recording, $"function{i}", (ulong)i)]), StackColumn.LiveBytes, i * 100);
        recording.TakeSnapshot(Samples.Start.AddSeconds(1));
        string[] tips = [.. Parse("growth", recording.Build()).Descendants(Svg + "polyline").Select(line => line.Element(Svg + "title")!.Value).Distinct()];
        Assert.Equal(21, tips.Length);
        Assert.Equal("function30 (id 30): 2.93 KiB", tips[0]);
        // 1 to 10, a hundred bytes each.
        Assert.Equal("all others: 5.37 KiB", tips[^1]);
    }

    private static XElement Parse(string picture, Recording recording) => XDocument.Parse(Samples.Report(picture, recording)).Root!;

    private static int Frame(RecordingBuilder recording, string function, ulong address) =>
        recording.AddFrame(new Frame { Address = address, Function = recording.AddFunction(new Function(function)) });
}

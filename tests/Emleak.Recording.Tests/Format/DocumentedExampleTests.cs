using System.IO.Compression;
using System.Reflection;
using System.Text;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Tests.Format;

/// <summary>docs/recording.md shows what is written and read.</summary>
public sealed class DocumentedExampleTests
{
    private const string Fence = "```";

    [Fact]
    public void The_pages_example_is_a_recording()
    {
        Recording read = Samples.Read(Compress(Example()));
        Assert.Equivalent(Samples.Ended() with { Snapshots = [] }, read with { Snapshots = [] }, strict: true);
        Assert.Equal(RoundTripTests.Numbers(Samples.Ended()), RoundTripTests.Numbers(read));
    }

    [Fact]
    public void The_pages_example_is_what_is_written()
    {
        using GZipStream text = new(new MemoryStream(Samples.Write(Samples.Ended())), CompressionMode.Decompress);
        Assert.Equal(Example(), new StreamReader(text).ReadToEnd());
    }

    [Fact]
    public void Every_kind_of_record_is_described()
    {
        string page = Page();
        foreach (string line in Example().Split('\n', StringSplitOptions.RemoveEmptyEntries)) Assert.Contains($"| `{line.Split('"')[1]}` |", page, StringComparison.Ordinal);
    }

    private static string Example()
    {
        string page = Page();
        int start = page.IndexOf(Fence + "json\n", StringComparison.Ordinal) + Fence.Length + 5;
        return page[start..page.IndexOf(Fence, start, StringComparison.Ordinal)];
    }

    private static string Page()
    {
        string repository = typeof(DocumentedExampleTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == "Repository").Value!;
        return File.ReadAllText(Path.Combine(repository, "docs", "recording.md"));
    }

    private static byte[] Compress(string text)
    {
        using MemoryStream output = new();
        using (GZipStream compressed = new(output, CompressionLevel.Fastest, leaveOpen: true)) compressed.Write(Encoding.UTF8.GetBytes(text));
        return output.ToArray();
    }
}

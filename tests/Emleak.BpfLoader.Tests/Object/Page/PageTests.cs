using System.Text.RegularExpressions;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Object.Page;

/// <summary>docs/bpfloader.md shows the code that is compiled and run here, word by word.</summary>
public sealed partial class PageTests
{
    [Fact]
    public void The_page_shows_every_snippet_as_it_is_run()
    {
        string page = File.ReadAllText(Repository.PathOf("docs", "bpfloader.md"));
        Dictionary<string, string> shown = ShownSnippets().Matches(page).ToDictionary(
            static match => match.Groups["name"].Value, static match => match.Groups["code"].Value, StringComparer.Ordinal);
        Dictionary<string, string> run = new[] { "calls.bpf.c", "drops.bpf.c", "PageSnippets.cs" }.SelectMany(static file => Snippets(ReadSource(file)))
            .ToDictionary(static snippet => snippet.Name, static snippet => snippet.Code, StringComparer.Ordinal);
        Assert.Equal(run.Keys.Order(StringComparer.Ordinal), shown.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, string code) in run) Assert.True(code == shown[name], $"snippet {name} is, as it is run:\n{code}");
        Assert.Equal(CodeBlocks().Count(page), shown.Count);
    }

    internal static string ReadSource(string name) =>
        File.ReadAllText(Repository.PathOf("tests", "Emleak.BpfLoader.Tests", "Object", "Page", name));

    private static IEnumerable<(string Name, string Code)> Snippets(string source) => SourceSnippets().Matches(source).Select(static match =>
    {
        int margin = match.Groups["margin"].Length;
        IEnumerable<string> lines = match.Groups["code"].Value.Split('\n').Select(line => line.Length > margin ? line[margin..] : line.TrimStart(' '));
        return (match.Groups["name"].Value, string.Join('\n', lines));
    });

    [GeneratedRegex(@"^(?<margin> *)// snippet: (?<name>\w+)\n(?<code>(?s:.*?)\n) *// end$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SourceSnippets();

    [GeneratedRegex(@"<!-- snippet: (?<name>\w+) -->\n```c(sharp)?\n(?<code>(?s:.*?))```", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShownSnippets();

    [GeneratedRegex("^```c(sharp)?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeBlocks();
}

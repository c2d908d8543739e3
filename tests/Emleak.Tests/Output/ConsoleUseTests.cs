using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>All that the tool says goes through one type, which cleans it.</summary>
public sealed class ConsoleUseTests
{
    [Fact]
    public void Only_the_reporter_writes_to_the_console()
    {
        string tool = Path.GetFullPath(Path.Combine(Workloads.Sources, "../../src/Emleak"));
        IEnumerable<string> uses =
            from file in Directory.EnumerateFiles(tool, "*.cs", SearchOption.AllDirectories)
            where !file.Contains("/obj/", StringComparison.Ordinal)
            from line in File.ReadLines(file)
            where line.Contains("Console.", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(tool, file)}: {line.Trim()}";

        // The streams of the guard and of the helper that holds a program are pipes from and to emleak; symbolize is a filter, with a writer of its own for each format.
        Assert.All(uses, use => Assert.Matches(@"^((Target/Guard|Launch/StartHold)\.cs: .*Console\.(In|Out)|Lookup/SymbolizeCommand\.cs: .*Console\.OpenStandard)", use));
        Assert.NotEmpty(uses);
    }
}

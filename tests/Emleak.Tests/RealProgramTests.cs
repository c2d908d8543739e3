using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs as distributions ship them: without frame pointers, some with code made at run time.</summary>
public sealed partial class RealProgramTests
{
    [Theory]
    [InlineData("python3", 2000)]
    [InlineData("node", 300)]
    [InlineData("gdb", 1000)]
    [InlineData("cc1plus", 1)]
    [InlineData("redis-server", 2000)]
    public void Almost_all_bytes_are_allocated_on_whole_stacks(string name, int rounds)
    {
        const double LeastWhole = 0.995;
        using TestFolder folder = new();
        using RealProgram program = RealProgram.Start(name, folder.Path, rounds);
        using EmleakRun emleak = EmleakRun.Attach(program, folder.Path, "--max-stacks", "400000");
        program.Work();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.DoesNotContain("table of stacks", emleak.Errors, StringComparison.Ordinal);
        double broken = Losses().Matches(emleak.Errors).Sum(loss => Number(loss, "bytes") / Number(loss, "all"));
        Assert.True(1 - broken >= LeastWhole, emleak.Errors);
        Assert.NotEmpty(emleak.Files().Summary);
    }

    /// <summary>At the very allocations, the process stopped there: gdb's frames are emleak's, address by address.</summary>
    [Theory]
    [InlineData("python3", 100_000, 97)]
    [InlineData("node", 100_000, 97)]
    [InlineData("gdb", 100_000, 997)]
    [InlineData("cc1plus", 1, 97)]
    [InlineData("redis-server", 20_000, 97)]
    public void Frames_are_those_of_gdb(string name, int rounds, int period)
    {
        const int Samples = 500;
        using TestFolder folder = new();
        using RealProgram program = RealProgram.Start(name, folder.Path, rounds);
        using EmleakRun emleak = EmleakRun.Attach(program, folder.Path);
        List<string> different = [];
        int compared = 0;
        using (StoppedStacks stops = new(program, emleak, folder.Path, period))
        {
            Task work = Task.Run(program.Work, TestContext.Current.CancellationToken);
            while (compared < Samples && stops.Next() is var (ours, theirs))
            {
                // A call that is nested in another allocator's is not walked.
                if (ours.Length == 0 || ours[0] != theirs[0]) continue;
                compared++;
                int described = Math.Min(stops.CountDescribed(ours), theirs.Length);
                if (!ours.AsSpan(0, Math.Min(described, ours.Length)).SequenceEqual(theirs.AsSpan(0, described)) || (described == theirs.Length && ours.Length != theirs.Length))
                    different.Add($"emleak {Hex(ours)}\ngdb    {Hex(theirs)}");
            }
        }

        program.Kill();
        TestContext.Current.SendDiagnosticMessage($"{name}: {compared} stacks compared");
        Assert.True(compared >= Samples, $"only {compared} stacks were compared");
        Assert.True(different.Count == 0, $"{different.Count} of {compared} differ:\n{string.Join("\n\n", different.Take(3))}");
    }

    private static string Hex(ulong[] addresses) => string.Join(' ', addresses.Select(address => address.ToString("x", CultureInfo.InvariantCulture)));

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"stacks \((?<bytes>\d+) of (?<all>\d+) bytes allocated\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Losses();
}

using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Estimates of what is known.</summary>
public sealed class SamplingTests(ITestOutputHelper output)
{
    // Small blocks say little about their number: with 800 of each size it is off by 4% in a run, and by 0.6% over all.
    private const int Runs = 50;
    private const int BlocksOfASize = 800;
    private const string Distance = "1024";
    private const double MostError = 0.03;

    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.PerfEvents)]
    public void Estimates_are_right_on_average(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("sizes", folder.Path, $"{Runs}", $"{BlocksOfASize}");
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path, "--sample-bytes", Distance);
        IReadOnlyList<Hold> truth = workload.Work();
        Assert.Equal(Runs, truth.Count);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());

        TraceFiles files = emleak.Files();
        Dictionary<string, Hold> said = files.HoldsFrom("main").ToDictionary(hold => hold.Path);
        double[] bytes = [.. truth.Select(hold => Error(said[hold.Path].Bytes, hold.Bytes))];
        double[] counts = [.. truth.Select(hold => Error(said[hold.Path].Count, hold.Count))];
        output.WriteLine($"bytes: off by {bytes.Average():P2}, each by {bytes.Average(Math.Abs):P2}; blocks: off by {counts.Average():P2}, each by {counts.Average(Math.Abs):P2}");
        Assert.InRange(bytes.Average(), -MostError, MostError);
        Assert.InRange(bytes.Average(Math.Abs), 0, MostError);
        Assert.InRange(counts.Average(), -MostError, MostError);

        // Blocks stand for others: were it exact, nothing would have been estimated.
        Assert.NotEqual(0, bytes.Average(Math.Abs));
        AssertEveryOutputSaysSo(emleak, files);
    }

    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.PerfEvents)]
    public void Sizes_outside_the_limits_do_not_count(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("sizes", folder.Path, "1", "300");
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path, "--min-size", "101", "--max-size", "3000");
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Hold said = Assert.Single(emleak.Files().HoldsFrom("main"), hold => hold.Path == "main;deeper;fill");
        Assert.Equal(new Hold(said.Path, 300 * (500 + 1000 + 3000), 3 * 300), said);
        Assert.Contains("only allocations of 101 bytes and more and only allocations of up to 3000 bytes", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>A call that is passed over leaves its return address on the stack; that must not make later calls look like nested ones.</summary>
    [Theory]
    [InlineData("-fno-omit-frame-pointer")]
    [InlineData("-fomit-frame-pointer -fno-pie -no-pie")]
    public void What_is_left_on_the_stack_hides_nothing(string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(options, "stale", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--min-size", "101");
        ExactnessTests.AssertSameHolds(workload, emleak, "main");
    }

    private static double Error(long said, long truth) => ((double)said / truth) - 1;

    private static void AssertEveryOutputSaysSo(EmleakRun emleak, TraceFiles files)
    {
        const string Remark = $"estimated from samples: one in {Distance} bytes";
        Assert.Contains(Remark, emleak.Errors, StringComparison.Ordinal);
        Assert.Contains($"\t[{Remark}]+0x0;\n", files.Stacks, StringComparison.Ordinal);
        Assert.All(files.Folded.TrimEnd('\n').Split('\n'), line => Assert.StartsWith($"[{Remark}];", line, StringComparison.Ordinal));
        Assert.StartsWith($"-{Distance}, 0, 0 \n", files.Summary, StringComparison.Ordinal);
        string header = files.Statistics.TrimEnd('\n').Split('\n')[^1];
        Assert.EndsWith($",{Remark}", header, StringComparison.Ordinal);

        // The original's readers: three whole numbers a line, and a header with a name for each column and one more.
        Assert.All(files.Summary.TrimEnd('\n').Split('\n'), line => Assert.Equal(3, line.Split(',').Select(field => long.Parse(field, CultureInfo.InvariantCulture)).Count()));
    }
}

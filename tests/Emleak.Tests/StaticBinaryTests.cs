using System.Diagnostics;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>The static executable of eng/publish.sh does the same job. eng/test.sh builds it and says where it is.</summary>
public sealed class StaticBinaryTests(ITestOutputHelper output)
{
    private static string Program => Environment.GetEnvironmentVariable("EMLEAK_STATIC")
        ?? throw new InvalidOperationException("run by eng/test.sh, or set EMLEAK_STATIC to the static executable");

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("mappings", "main")]
    [InlineData("threads", "work")]
    [InlineData("many_stacks", "main")]
    [InlineData("many_stacks", "main", "6", "200")]
    public void It_says_what_the_workload_holds(string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, arguments);
        using EmleakRun emleak = new(Program, folder.Path, ["-p", $"{workload.Pid}"]);
        emleak.WaitForStart();
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    /// <summary>This one too: where the runtime is not inside, it takes this signal before emleak can look.</summary>
    [Fact]
    public void A_program_that_it_runs_ignores_what_emleak_was_to_ignore() => TerminalTests.AssertSameSignals(Program, "INT HUP TERM USR1");

    [Fact]
    public void It_needs_no_library_and_its_size_and_start_time_are_told()
    {
        using TestFolder folder = new();
        using RunningProcess linkage = new("readelf", ["-ld", Program], folder.Path);
        Assert.Equal(0, linkage.WaitForExit());
        Assert.DoesNotContain("INTERP", linkage.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("NEEDED", linkage.Output, StringComparison.Ordinal);

        double[] milliseconds = new double[11];
        for (int i = 0; i < milliseconds.Length; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            using RunningProcess help = new(Program, ["-h"], folder.Path);
            Assert.Equal(0, help.WaitForExit());
            milliseconds[i] = clock.Elapsed.TotalMilliseconds;
        }

        Array.Sort(milliseconds);
        output.WriteLine($"static emleak: {new FileInfo(Program).Length} bytes, 'emleak -h' takes {milliseconds[milliseconds.Length / 2]:F1} ms from start to end (median of {milliseconds.Length})");
    }
}

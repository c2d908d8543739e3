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

    /// <summary>It is built without the class library's texts; errors have words all the same.</summary>
    [Theory]
    [InlineData("cd /proc; exec EMLEAK -p PID", 7, "emleak: cannot write in the current folder, where the results go: No such file or directory\n")]
    [InlineData("mkdir gone; cd gone; rmdir ../gone; exec EMLEAK -p PID", 7, "emleak: cannot write in the current folder, where the results go: No such file or directory\n")]
    [InlineData("exec EMLEAK -p PID --btf /no/such/file", 2, "emleak: --btf /no/such/file: No such file or directory\n")]
    [InlineData("exec EMLEAK symbolize -e /no/such/file 1", 1, "emleak: cannot read /no/such/file: No such file or directory\n")]
    [InlineData("exec EMLEAK symbolize -e / 1", 1, "emleak: cannot read /: it is a folder\n")]
    [InlineData("exec EMLEAK symbolize -e PROGRAM 1 >/dev/full", 7, "emleak: cannot write the answers: No space left on device\n")]
    [InlineData("exec EMLEAK -h >/dev/full", 7, "emleak: standard output cannot be written: No space left on device\n")]
    [InlineData("ulimit -n 8; exec EMLEAK -p PID", 1, "emleak: too many files are open for this limit: raise it (ulimit -n)\n")]
    public void Its_messages_are_words(string script, int expected, string said)
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        string own = script.Replace("EMLEAK", Program, StringComparison.Ordinal).Replace("PID", $"{workload.Pid}", StringComparison.Ordinal)
            .Replace("PROGRAM", $"/proc/{workload.Pid}/exe", StringComparison.Ordinal);
        using RunningProcess emleak = new("/bin/bash", ["-c", own], folder.Path);
        Assert.Equal(expected, emleak.WaitForExit());
        Assert.EndsWith(said, emleak.Errors[..Math.Min(emleak.Errors.Length, said.Length)], StringComparison.Ordinal);
    }

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

using System.Diagnostics;
using System.Globalization;
using Emleak.Symbols.Process;
using Emleak.Tests.Support;
using ProcessModule = Emleak.Symbols.Process.ProcessModule;

namespace Emleak.Tests;

/// <summary>No breakpoint stays in a process: not when emleak is killed while it attaches, and not when another tracer was.</summary>
public sealed class LeftBreakpointTests
{
    private static readonly string[] Functions =
        [.. Enumerable.Range(0, 512).Select(i => $"take_{Convert.ToString(i, 8).PadLeft(3, '0')}")];

    /// <summary>Ways of attaching, and who is killed.</summary>
    public static TheoryData<string, string> Kills => new()
    {
        { AttachMasks.Sessions, "emleak" },
        { AttachMasks.Sessions, "guard first" },
        { AttachMasks.Sessions, "both" },
        { AttachMasks.Links, "emleak" },
        { AttachMasks.PerfEvents, "both" },
    };

    // Each takes some seconds; eng/campaigns.sh has hundreds.
    private const int Rounds = 4;

    [Theory]
    [MemberData(nameof(Kills))]
    public void Killed_while_it_attaches_to_many_functions_emleak_leaves_no_breakpoint(string mask, string killed)
    {
        using TestFolder folder = new();
        using Workload workload = new("many_functions", folder.Path);
        Random random = new(20261128);
        // The kernel takes longer for perf events, one by one.
        (int functions, int milliseconds) = mask == AttachMasks.PerfEvents ? (8, 100) : (Functions.Length, 4);
        string[] probes = [.. Functions.Take(functions).SelectMany(name => (string[])["-m", name])];
        int interrupted = 0;
        for (int round = 0; round < Rounds; round++)
        {
            using RunningProcess emleak = new(
                "env", [$"EMLEAK_MASK={mask}", Path.Combine(AppContext.BaseDirectory, "emleak"), "-p", $"{workload.Pid}", .. probes], folder.Path);
            if (WaitForBreakpoint(workload.Pid, emleak)) interrupted++;
            Spin(TimeSpan.FromMilliseconds(random.NextDouble() * milliseconds));
            int guard = GuardOf(emleak.Pid);
            if (killed != "emleak" && guard != 0) KillNow(guard);
            if (killed == "guard first") Spin(TimeSpan.FromMilliseconds(random.NextDouble() * 20));
            emleak.Kill();
            emleak.WaitForExit();
            Assert.False(workload.HasExited);
            Assert.Equal([], Settled(workload.Pid));
        }

        Assert.True(interrupted > Rounds / 2, $"emleak attached in {interrupted} rounds only");
    }

    [Fact]
    public void What_a_killed_tracer_has_left_is_removed_from_the_process_and_its_children()
    {
        using TestFolder folder = new();
        using Workload workload = new("many_functions", folder.Path);
        int left = LeaveBreakpoints(workload, folder.Path);
        workload.SendLine();
        int child = int.Parse(workload.WaitForLine("child ")["child ".Length..], CultureInfo.InvariantCulture);
        Assert.Equal(left, ProcessCode.Changes(child).Count);

        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        Assert.Empty(ProcessCode.Changes(child));
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains($"emleak: removed {left} breakpoints that a killed tracer had left in process {workload.Pid}\n", emleak.Errors, StringComparison.Ordinal);
        Assert.Empty(ProcessCode.Changes(workload.Pid));
    }

    [Fact]
    public void Probes_of_another_tracer_that_lives_stay()
    {
        using TestFolder folder = new();
        using Workload workload = new("many_functions", folder.Path);
        using EmleakRun other = EmleakRun.Attach(workload, folder.Path, "-m", Functions[0]);
        IReadOnlyList<(string, long)> before = ProcessCode.Changes(workload.Pid);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(before, ProcessCode.Changes(workload.Pid));
        Assert.DoesNotContain("breakpoints", emleak.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Breakpoints_of_a_debugger_stay()
    {
        using TestFolder folder = new();
        using Workload workload = new("many_functions", folder.Path);
        int left = LeaveBreakpoints(workload, folder.Path);
        using RunningProcess gdb = new(
            "gdb", ["-nx", "-q", "-batch", "-p", $"{workload.Pid}", "-ex", "break *take_777", "-ex", "continue"], folder.Path);
        gdb.WaitForLine("Breakpoint 1");
        string program = Workloads.Compile("many_functions");
        SpinWait.SpinUntil(() => ProcessCode.Changes(workload.Pid, program).Count > left, TimeSpan.FromSeconds(10));
        IReadOnlyList<(string, long)> withDebugger = ProcessCode.Changes(workload.Pid, program);

        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("are left alone: a debugger is attached", emleak.Errors, StringComparison.Ordinal);
        Assert.Equal(withDebugger, ProcessCode.Changes(workload.Pid, program));
    }

    [Fact]
    public void The_guard_has_a_name_and_a_session_of_its_own()
    {
        using TestFolder folder = new();
        using Workload workload = new("many_functions", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        int guard = GuardOf(emleak.Pid);
        Assert.NotEqual(0, guard);
        Assert.Equal("em-guard", File.ReadAllText($"/proc/{guard}/comm").Trim());
        string status = File.ReadAllText($"/proc/{guard}/stat");
        Assert.Equal($"{guard} {guard}", string.Join(' ', status[(status.LastIndexOf(')') + 2)..].Split(' ')[2..4]));
    }

    // Kills tracers that take no precautions until breakpoints stay. How many there are.
    private static int LeaveBreakpoints(Workload workload, string folder)
    {
        using ProcessModules modules = ProcessModules.Read(workload.Pid);
        string program = Workloads.Compile("many_functions");
        ProcessModule module = modules.Single(module => module.Path == program);
        string offsets = string.Join('\n', Functions.Select(name => module.FindFunctions(name)[0].FileOffset.ToString("x", CultureInfo.InvariantCulture)));
        for (int attempt = 0; attempt < 200; attempt++)
        {
            using RunningProcess tracer = new(Workloads.Compile("careless_tracer"), [$"{workload.Pid}", program], folder);
            tracer.Send(offsets);
            tracer.CloseInput();
            tracer.WaitForLine("ready");
            Spin(TimeSpan.FromMilliseconds(2 + attempt % 7 * 0.3));
            tracer.Kill();
            tracer.WaitForExit();
            int left = ProcessCode.Changes(workload.Pid).Count;
            if (left > 0) return left;
        }

        Assert.Fail("no tracer left breakpoints");
        return 0;
    }

    private static bool WaitForBreakpoint(int pid, RunningProcess emleak) =>
        SpinWait.SpinUntil(() => emleak.HasExited || ProcessCode.Changes(pid, Workloads.Compile("many_functions")).Count > 0, TimeSpan.FromSeconds(30)) && !emleak.HasExited;

    // What is left when the kernel is through.
    private static IReadOnlyList<(string File, long Offset)> Settled(int pid)
    {
        SpinWait.SpinUntil(() => ProcessCode.Changes(pid).Count == 0, TimeSpan.FromSeconds(5));
        return ProcessCode.Changes(pid);
    }

    private static int GuardOf(int emleak) => File.ReadAllText($"/proc/{emleak}/task/{emleak}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => int.Parse(word, CultureInfo.InvariantCulture))
        .FirstOrDefault(child => File.ReadAllText($"/proc/{child}/cmdline").Contains("--guard-of", StringComparison.Ordinal));

    private static void KillNow(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    private static void Spin(TimeSpan time)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < time) Thread.SpinWait(20);
    }
}

using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>A process that becomes another program, and a number that becomes another process's.</summary>
public sealed class SuccessionTests
{
    private static readonly Hold[] Early = [new("construct;early", 104950, 100)];
    private static readonly Hold[] First = [new("main;first", 1000, 10)];

    /// <summary>
    /// Not by perf events, which a kernel that can wait here needs for no new program: it opens none while old ones are closed, and closing waits
    /// for who waits (docs/robustness.md).
    /// </summary>
    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.Links)]
    public void A_program_that_executes_another_ends_a_trace_and_begins_one(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("turns", folder.Path, Workloads.Compile("beginnings"));
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        IReadOnlyList<Hold> before = workload.Work();
        workload.SendLine();
        Assert.Equal(7, workload.WaitForExit());
        Assert.Equal(0, emleak.WaitForExit());
        Assert.DoesNotContain("emleak: ", emleak.Errors, StringComparison.Ordinal);
        TraceFiles[] files = FilesIn(folder);
        Assert.Equal(2, files.Length);
        Assert.Equal(before, files[0].HoldsFrom("main"));
        Assert.Equal(Early, files[1].HoldsFrom("construct"));
        Assert.Equal(First, files[1].HoldsFrom("main"));
    }

    /// <summary>As containers start their servers: by a program, here one in Go without an allocator of C's, that becomes the server.</summary>
    [Fact]
    public void A_program_without_an_allocator_may_execute_one_that_has()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, "run", "--", "gosu", "root", Workloads.Compile("beginnings"));
        Assert.Equal(7, emleak.WaitForExit());
        Assert.Contains("it is a Go program without C code", emleak.Errors, StringComparison.Ordinal);
        TraceFiles files = Assert.Single(FilesIn(folder));
        Assert.Equal(Early, files.HoldsFrom("construct"));
        Assert.Equal(First, files.HoldsFrom("main"));
    }

    [Fact]
    public void A_program_without_an_allocator_ends_neither_the_trace_nor_what_follows()
    {
        using TestFolder folder = new();
        using Workload workload = new("turns", folder.Path, "/usr/sbin/gosu", "root", Workloads.Compile("turns"), "/usr/sbin/gosu", "root", "/usr/bin/jid");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        IReadOnlyList<Hold> holds = workload.Work();
        workload.SendLine();
        workload.WaitForLine("ready");
        workload.SendLine();
        workload.WaitForLine("done");
        workload.SendLine();
        // The last one waits for what it is to read. So does emleak.
        Assert.True(SpinWait.SpinUntil(() => emleak.Errors.Split("without C code").Length == 4, RunningProcess.Patience), emleak.Errors);
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.False(workload.HasExited);
        TraceFiles[] files = FilesIn(folder);
        Assert.Equal(2, files.Length);
        Assert.All(files, one => Assert.Equal(holds, one.HoldsFrom("main")));
    }

    [Fact]
    public void Under_a_name_only_programs_of_that_name_are_traced()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("turns", "emlk-turning");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-turning");
        emleak.WaitForStart();

        // Itself, and then another program, which is left alone.
        using RunningProcess workload = new(program, [program, Workloads.Compile("early")], folder.Path);
        for (int turn = 0; turn < 2; turn++)
        {
            workload.WaitForLine("ready");
            workload.SendLine();
            workload.WaitForLine("done");
            workload.SendLine();
        }

        workload.WaitForLine("ready");
        emleak.WaitForLine("Exporting");
        emleak.WaitForLine("Exporting");
        using Workload unprobed = new("early", folder.Path);
        bool clean = SpinWait.SpinUntil(
            () => ProcessCode.Of(workload.Pid, "libc.so.6").AsSpan().SequenceEqual(ProcessCode.Of(unprobed.Pid, "libc.so.6")), TimeSpan.FromSeconds(10));
        Assert.True(clean, "the other program has breakpoints");
        workload.SendLine();
        workload.WaitForLine("done");
        workload.CloseInput();
        Assert.Equal(0, workload.WaitForExit());
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        TraceFiles[] files = FilesIn(folder);
        Assert.Equal(2, files.Length);
        Assert.All(files, one => Assert.Equal([new Hold("main;before", 30 * 200, 30)], one.HoldsFrom("main")));
    }

    /// <summary>The kernel takes processes by number: emleak may look away while its process ends and another is born with its number.</summary>
    [Fact]
    public void A_number_that_is_given_again_is_not_the_process()
    {
        using TestFolder folder = new();
        using RunningProcess parent = new(Workloads.Compile("reborn"), [], folder.Path);
        int child = ChildOf(parent);
        using EmleakRun emleak = new(folder.Path, "-p", $"{child}");
        emleak.WaitForStart();
        Thread.Sleep(100);
        AssertLeftAlone(parent, child, emleak);
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("of_first", emleak.Files().Stacks, StringComparison.Ordinal);
        Assert.DoesNotContain("of_second", emleak.Files().Stacks, StringComparison.Ordinal);
    }

    [Fact]
    public void Nor_is_it_when_that_happens_while_emleak_starts()
    {
        Random random = new(20261125);
        for (int round = 0; round < 10; round++)
        {
            using TestFolder folder = new();
            using RunningProcess parent = new(Workloads.Compile("reborn"), [], folder.Path);
            int child = ChildOf(parent);
            using EmleakRun emleak = new(folder.Path, "-p", $"{child}");
            // From now on it is the first one that is meant.
            Assert.True(SpinWait.SpinUntil(() => HoldsProcess(emleak), RunningProcess.Patience));
            Thread.Sleep(random.Next(0, 400));
            AssertLeftAlone(parent, child, emleak);
            string[] folders = Directory.GetDirectories(folder.Path, "mleak_pid*");
            if (emleak.WaitForExit() == 4) Assert.Empty(folders);
            else Assert.DoesNotContain("of_second", new TraceFiles(Assert.Single(folders)).Stacks, StringComparison.Ordinal);
        }
    }

    private static void AssertLeftAlone(RunningProcess parent, int child, EmleakRun emleak)
    {
        emleak.Signal("STOP");
        parent.SendLine();
        parent.WaitForLine($"again {child}");
        emleak.Signal("CONT");
        bool clean = SpinWait.SpinUntil(
            () => emleak.HasExited && ProcessCode.Of(child, "libc.so.6").AsSpan().SequenceEqual(ProcessCode.Of(parent.Pid, "libc.so.6")), TimeSpan.FromSeconds(30));
        Assert.True(clean, $"it has breakpoints, or emleak goes on: {emleak.HasExited}");
        parent.SendLine();
        Assert.Equal(0, parent.WaitForExit());
    }

    private static bool HoldsProcess(EmleakRun emleak) =>
        Directory.GetFiles($"/proc/{emleak.Pid}/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget?.Contains("pidfd", StringComparison.Ordinal) == true);

    private static int ChildOf(RunningProcess parent) => int.Parse(parent.WaitForLine("child ")[6..], CultureInfo.InvariantCulture);

    private static TraceFiles[] FilesIn(TestFolder folder) =>
        [.. Directory.GetDirectories(folder.Path, "mleak_pid*").Order(StringComparer.Ordinal).Select(one => new TraceFiles(one))];
}

using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Programs that are waited for by name (<c>-c</c>): of every kind, and those that are no use.</summary>
public sealed class WaitingTests
{
    private const string Frames = "-fno-omit-frame-pointer";

    private static readonly Hold[] Early = [new("construct;early", 104950, 100)];
    private static readonly Hold[] First = [new("main;first", 1000, 10)];

    [Theory]
    [InlineData(Frames + " musl")]
    [InlineData(Frames + " -static musl")]
    [InlineData(Frames + " -static")]
    public void However_a_program_is_linked_not_one_allocation_is_missed(string options)
    {
        using TestFolder folder = new();
        string name = "emlk-linked" + (uint)options.GetHashCode(StringComparison.Ordinal) % 1000;
        string program = Workloads.Compile("beginnings", name, options);
        using EmleakRun emleak = new(folder.Path, "-c", name);
        emleak.WaitForStart();
        AssertTraced(emleak, program, folder);
    }

    /// <summary>A script is known by its own name, and by its interpreter's.</summary>
    [Theory]
    [InlineData("emlk-script")]
    [InlineData("emlk-interpret")]
    public void A_script_is_waited_for(string name)
    {
        using TestFolder folder = new();
        string interpreter = Path.Combine(folder.Path, "emlk-interpret"), script = Path.Combine(folder.Path, "emlk-script");
        File.Copy(Workloads.Compile("beginnings"), interpreter);
        File.WriteAllText(script, $"#!{interpreter}\n");
        File.SetUnixFileMode(script, (UnixFileMode)Convert.ToInt32("755", 8));
        using EmleakRun emleak = new(folder.Path, "-c", name);
        emleak.WaitForStart();
        AssertTraced(emleak, script, folder);
    }

    [Fact]
    public void The_name_may_be_what_the_kernel_keeps_of_a_longer_one()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-cut-after-fifteen");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-cut-after-fifteen"[..15]);
        emleak.WaitForStart();
        AssertTraced(emleak, program, folder);
    }

    [Theory]
    [InlineData("no allocator was found in process", "")]
    [InlineData("is a 32-bit program", "-m32")]
    public void One_without_an_allocator_is_told_and_the_next_one_waited_for(string reason, string options)
    {
        using TestFolder folder = new();
        string name = "emlk-bare" + options;
        string bare = Path.Combine(folder.Path, name);
        CheckTests.BuildWithoutLibrary(bare, options);
        using EmleakRun emleak = new(folder.Path, "-c", name);
        emleak.WaitForStart();
        using (RunningProcess one = new(bare, [], folder.Path))
        {
            Assert.True(SpinWait.SpinUntil(() => emleak.Errors.Contains(reason, StringComparison.Ordinal), RunningProcess.Patience), emleak.Errors);
            Assert.False(BeginningTests.IsStopped(one));
        }

        Assert.False(emleak.HasExited);
        AssertTraced(emleak, Workloads.Compile("beginnings", name), folder);
    }

    [Fact]
    public void Functions_of_ones_own_may_be_in_a_library()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-own-in-lib"), library = Workloads.CompileWith("plugin", "-shared -fPIC " + Frames);
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-own-in-lib", "-m", "plugin_malloc", "-f", "plugin_free");
        emleak.WaitForStart();
        using RunningProcess workload = new("env", [$"LD_PRELOAD={library}", program], folder.Path);
        Assert.Equal(7, workload.WaitForExit());
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        // Its constructor maps a megabyte, takes ten blocks and releases five.
        Assert.Contains(new Hold("plugin_begin;plugin_work", 500, 5), emleak.Files().HoldsFrom("plugin_begin"));
        Assert.Equal(Early, emleak.Files().HoldsFrom("construct"));
    }

    [Fact]
    public void A_function_that_is_nowhere_is_told_and_the_rest_traced()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("beginnings", "emlk-misspelled");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-misspelled", "-m", "firsst");
        emleak.WaitForStart();
        AssertTraced(emleak, program, folder);
        Assert.Matches("did you mean (.*, )?first", emleak.Errors);
    }

    [Fact]
    public void Nobody_else_has_breakpoints()
    {
        using TestFolder folder = new();
        using Workload stranger = new("early", folder.Path);
        byte[] unprobed = ProcessCode.Of(stranger.Pid, "libc.so.6");
        string program = Workloads.Compile("early", "emlk-not-others");
        using EmleakRun emleak = new(folder.Path, "-c", "emlk-not-others");
        emleak.WaitForStart();
        using Workload later = new("early", folder.Path);
        using Workload target = Workload.Start(program, folder.Path);
        emleak.WaitForLine("outfiles in dir");
        using Workload last = new("early", folder.Path);
        Assert.NotEqual(unprobed, ProcessCode.Of(target.Pid, "libc.so.6"));
        Assert.All([stranger, later, last], other => Assert.Equal(unprobed, ProcessCode.Of(other.Pid, "libc.so.6")));
        target.Work();
        Assert.All([stranger, later, last], other => Assert.Equal(unprobed, ProcessCode.Of(other.Pid, "libc.so.6")));
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
    }

    private static void AssertTraced(EmleakRun emleak, string program, TestFolder folder)
    {
        using RunningProcess workload = new(program, [], folder.Path);
        Assert.Equal(7, workload.WaitForExit());
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains($"mleak_pid{workload.Pid}_", emleak.Files().Folder, StringComparison.Ordinal);
        Assert.Equal(Early, emleak.Files().HoldsFrom("construct"));
        Assert.Equal(First, emleak.Files().HoldsFrom("main"));
    }
}

using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Whose code a stack goes through, when libraries come and go, come in hundreds, or are moved.</summary>
public sealed class StackIdentityTests
{
    private const string NoFramePointers = "-fomit-frame-pointer";

    /// <summary>At the same addresses, one after the other: each has its own bytes, whichever comes back.</summary>
    [Theory]
    [InlineData("apple", "pear")]
    [InlineData("apple", "pear", "apple", "plum", "pear", "plum")]
    public void Libraries_that_take_each_others_place_keep_their_own_bytes(params string[] fruits)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "replaced", folder.Path, [.. fruits.Select(Library)]);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertOwnHolds(workload, emleak, ["main", "use", "apple", "pear", "plum"]);
    }

    [Fact]
    public void Hundreds_of_libraries_that_are_loaded_singly_are_walked()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "many_libraries", folder.Path, "270", Library("apple"));
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertOwnHolds(workload, emleak, ["main", "call", "apple"]);
        Assert.DoesNotContain("stacks (", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>Before emleak comes, and while it is there.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("late")]
    public void Code_that_was_moved_to_anonymous_memory_is_still_the_files(string when)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "moved", folder.Path, [.. when.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertOwnHolds(workload, emleak, ["main", "outer", "middle", "leaf"]);
        Assert.DoesNotContain("stacks (", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>The C library is in the program's own code, which was moved: nothing executes the probed instructions.</summary>
    [Fact]
    public void Probes_of_code_that_nobody_executes_are_reported()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith($"{NoFramePointers} -static", "moved", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Matches(@"calls of \d+ probed functions of \S+moved are not seen: the process executes a copy of its code", emleak.Errors);
    }

    /// <summary>131,072 paths, most of which hold nothing when the trace is over.</summary>
    [Fact]
    public void Paths_that_hold_nothing_any_more_take_no_room_from_others()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "dead_stacks", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertOwnHolds(workload, emleak, ["main", "top", "left", "right"]);
        Assert.DoesNotContain("STACK TABLE FULL", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>What lies where a caller should be, and is data, is no frame: one place of the program is one stack.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("interpreter")]
    public void Data_on_a_stack_is_never_a_frame(string data)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "switched", folder.Path, [.. data.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal("[lost];run_on;leak 2000\n", emleak.Files().Folded);
        Assert.Contains("lack outer frames", emleak.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_that_is_cut_says_so_in_folded_output()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "paths", folder.Path, "too-deep");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--max-depth", "2", "--max-size", "1000");
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal("[only allocations of up to 1000 bytes];[truncated];go_down;go_down 30\n", emleak.Files().Folded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("musl")]
    [InlineData("musl -static")]
    public void The_frame_that_a_signals_handler_returns_to_is_called_so(string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith($"{NoFramePointers} {options}", "paths", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        string[] handlers = [.. emleak.Files().Folded.Split('\n').Where(path => path.Contains(";handle_signal", StringComparison.Ordinal))];
        Assert.Equal(2, handlers.Length);
        Assert.All(handlers, path => Assert.Contains(";wait_for_signal;<signal handler called>;handle_signal 50", path, StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_frame_of_a_context_has_its_own_name()
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith(NoFramePointers, "paths", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("\n__start_context;run_routine;in_routine 60\n", "\n" + emleak.Files().Folded, StringComparison.Ordinal);
    }

    /// <summary>The callbacks of a C library without unwind tables.</summary>
    [Theory]
    [InlineData("musl")]
    [InlineData("musl -static")]
    public void Functions_without_tables_are_walked_by_their_instructions(string options)
    {
        using TestFolder folder = new();
        using Workload workload = Workload.CompiledWith($"{NoFramePointers} {options}", "callbacks", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertOwnHolds(workload, emleak, ["main", "sort_numbers", "compare", "search_numbers", "match", "walk_tree", "visit", "work", "in_thread"]);
        Assert.DoesNotContain("stacks (", emleak.Errors, StringComparison.Ordinal);
    }

    private static string Library(string fruit) => Workloads.CompileWith("fruit", $"{NoFramePointers} -shared -fPIC -DFRUIT={fruit}");

    private static void AssertOwnHolds(Workload workload, EmleakRun emleak, HashSet<string> functions)
    {
        IReadOnlyList<Hold> truth = workload.Work();
        Assert.NotEmpty(truth);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        HashSet<string> allocating = [.. truth.Select(hold => hold.Path.Split(';')[^1])];
        Assert.Equal(truth, emleak.Files().HoldsOf(functions).Where(hold => allocating.Contains(hold.Path.Split(';')[^1])));
    }
}

using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>What a program may do with its stack, it may do while it is traced: throw, jump, switch to another one, look at it.</summary>
public sealed class HarmlessnessTests
{
    private const string Frames = "-fno-omit-frame-pointer";

    /// <summary>Ways of attaching that differ in how the end of a call is seen.</summary>
    public static TheoryData<string> Masks { get; } = new(AttachMasks.Sessions, AttachMasks.Links, AttachMasks.PerfEvents, AttachMasks.PerfEventsByAddress);

    [Theory]
    [InlineData("libjemalloc.so.2")]
    [InlineData("libtcmalloc_minimal.so.4")]
    public void Operators_may_throw(string library)
    {
        string path = "/usr/lib/x86_64-linux-gnu/" + library;
        Assert.SkipUnless(File.Exists(path), $"needs {path}");
        using TestFolder folder = new();
        using Workload workload = Workload.Preloading(path, Frames, "throwing.cpp", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AllocatorTests.AssertHeld(workload, emleak);
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Functions_of_ones_own_may_throw_through_each_other(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("throwing.cpp", folder.Path, "pools");
        using EmleakRun emleak = EmleakRun.AttachWith(
            $"EMLEAK_MASK={mask}", workload, folder.Path, "-m", "inner_take", "-m", "middle_take", "-m", "outer_take", "-f", "give");
        AllocatorTests.AssertHeld(workload, emleak);
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Functions_of_ones_own_may_switch_stacks(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("fibers", folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path, "-m", "pool_take", "-f", "pool_give");
        ExactnessTests.AssertSameHolds(workload, emleak, "work");
    }

    /// <summary>On the thread's own stack, and on another one, which lies above it.</summary>
    [Theory]
    [InlineData("own")]
    [InlineData("above")]
    [InlineData("above", "--exit-probes")]
    public void Handlers_may_map_memory_while_their_thread_allocates_and_all_of_it_counts(string stack, params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new("handlers", folder.Path, stack);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        ExactnessTests.AssertSameHolds(workload, emleak, "map_in_handler");
    }

    [Theory]
    [InlineData("--symbols-prefix", "own_", "--exit-probes")]
    public void With_exit_probes_a_program_sees_its_own_stack_whole(params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new("own_heap", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        ExactnessTests.AssertSameHolds(workload, emleak, "main");
        Assert.Matches(@"(?m)^depth (\d+), traced \1$", workload.Output);
    }

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("reallocs", "main")]
    [InlineData("mappings", "main")]
    [InlineData("threads", "work", "4", "20000")]
    [InlineData("nested", "main", "plain")]
    public void With_exit_probes_it_says_the_same(string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--exit-probes");
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    /// <summary>
    /// The kernel replaces return addresses for every process when another one's return probes are sessions at the same function: one that
    /// ends in a jump to the next has it replaced before that begins.
    /// </summary>
    [Theory]
    [InlineData("allocators")]
    [InlineData("reallocs")]
    public void Return_probes_of_another_process_do_not_hide_exits(string name)
    {
        using TestFolder folder = new();
        using TestFolder others = new();
        using Workload other = new("allocators", others.Path);
        using EmleakRun otherRun = EmleakRun.Attach(other, others.Path);
        using Workload workload = new(name, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--exit-probes");
        ExactnessTests.AssertSameHolds(workload, emleak, "main");
    }

    [Fact]
    public void What_can_only_be_traced_at_a_risk_is_refused_in_words()
    {
        using TestFolder folder = new();
        using Workload workload = new("tail_calls", folder.Path);
        using EmleakRun emleak = new(folder.Path, "-p", $"{workload.Pid}", "-m", "jump_alloc");
        Assert.Equal(5, emleak.WaitForExit());
        Assert.Matches(@"jump_alloc of .* is not probed: its exits cannot be probed \(\+0 jumps to another file\).*--unsafe-return-probes", emleak.Errors);
    }

    [Theory]
    [InlineData("own_names")]
    [InlineData("own_heap", "", "--symbols-prefix", "own_")]
    [InlineData("own_heap", "python")]
    public void Names_are_taken_for_what_they_are_in_their_module(string name, string argument = "", params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, argument);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        AllocatorTests.AssertHeld(workload, emleak);
        Assert.DoesNotContain("releases were not seen", emleak.Errors, StringComparison.Ordinal);
    }

    /// <summary>The loader needs no section headers.</summary>
    [Fact]
    public void An_allocator_without_section_headers_is_seen()
    {
        const string Jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
        Assert.SkipUnless(File.Exists(Jemalloc), $"needs {Jemalloc}");
        using TestFolder folder = new();
        byte[] library = File.ReadAllBytes(Jemalloc);
        // Elf64_Ehdr: e_shoff; e_shnum and e_shstrndx.
        library.AsSpan(40, 8).Clear();
        library.AsSpan(60, 4).Clear();
        string stripped = Path.Combine(folder.Path, "libheadless.so");
        File.WriteAllBytes(stripped, library);
        using Workload workload = Workload.Preloading(stripped, Frames, "reallocs", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AllocatorTests.AssertHeld(workload, emleak);
    }

    [Fact]
    public void A_trace_in_which_no_probe_was_hit_says_so()
    {
        using TestFolder folder = new();
        using RunningProcess target = new("sleep", ["300"], folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path);
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Matches(@"no call of any probed function was seen: .*libc\.so\.6 \(", emleak.Errors);
    }
}

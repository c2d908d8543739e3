using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Real processes that know what they hold: emleak says the same bytes and counts, path by path.</summary>
public sealed class ExactnessTests
{
    /// <summary>Every way of attaching but the one that this kernel is best at, which the other tests use.</summary>
    public static TheoryData<string, string, string, string[]> EveryMethod { get; } = new(
        from mask in (string[])[AttachMasks.Links, AttachMasks.PerfEvents, AttachMasks.PerfEventsByAddress]
        from workload in ((string, string, string[])[])
        [
            ("allocators", "main", []), ("reallocs", "main", []), ("mappings", "main", []), ("tail_calls", "main", []),
            ("threads", "work", []), ("nested", "main", ["plain"]),
        ]
        select (mask, workload.Item1, workload.Item2, workload.Item3));

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("reallocs", "main")]
    [InlineData("mappings", "main")]
    [InlineData("tail_calls", "main")]
    [InlineData("many_stacks", "main")]
    [InlineData("many_stacks", "main", "6", "200")]
    [InlineData("threads", "work")]
    [InlineData("headless", "work")]
    [InlineData("nested", "main", "plain")]
    [InlineData("growth", "main")]
    public void Emleak_says_what_the_workload_holds(string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertSameHolds(workload, emleak, outermost);
    }

    /// <summary>Kernels differ in how probes are attached, and so in how a program knows which function it is in.</summary>
    [Theory]
    [MemberData(nameof(EveryMethod))]
    public void However_probes_are_attached_it_says_the_same(string mask, string name, string outermost, string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        AssertSameHolds(workload, emleak, outermost);
    }

    [Theory]
    [InlineData("nested", "-m", "pool_alloc", "-f", "pool_free")]
    [InlineData("tail_calls", "--malloc", "jump_alloc", "--free", "jump_free", "--unsafe-return-probes")]
    [InlineData("jumps", "-m", "fast_take", "-f", "fast_give")]
    [InlineData("vast", "-m", "odd_alloc", "-f", "odd_free")]
    public void Custom_functions_count_as_one_allocation(string name, params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, options);
        AssertSameHolds(workload, emleak, "main");
    }

    [Fact]
    public void What_was_allocated_before_is_not_counted_and_its_release_harms_nothing()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        AssertSameHolds(workload, emleak, "main");
    }

    [Fact]
    public void Blocks_that_find_no_room_are_counted_and_told()
    {
        using TestFolder folder = new();
        using Workload workload = new("hoard", folder.Path, "20000", "2000");
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "--max-allocations", "1000");
        Hold truth = Assert.Single(workload.Work());
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Hold said = Assert.Single(emleak.Files().HoldsFrom("main"));
        Assert.InRange(said.Count, 1000, truth.Count - 1);
        Match lost = Regex.Match(emleak.Errors, @"(\d+) allocations of \d+ bytes found no room");
        // The workload prints, too, and the C library allocates for that.
        Assert.InRange(long.Parse(lost.Groups[1].Value, CultureInfo.InvariantCulture) - (truth.Count - said.Count), 0, 10);
    }

    internal static void AssertSameHolds(Workload workload, EmleakRun emleak, string outermost)
    {
        IReadOnlyList<Hold> truth = workload.Work();
        Assert.NotEmpty(truth);
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(truth, emleak.Files().HoldsFrom(outermost));
    }
}

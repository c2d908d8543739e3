using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>
/// Features of newer kernels masked (EMLEAK_MASK): what is done without them says the same bytes and counts. Ways of attaching have
/// their tests elsewhere (AttachMasks).
/// </summary>
public sealed class MaskTests
{
    private const string KernelTypes = "/sys/kernel/btf/vmlinux";

    private static readonly string[] Features =
    [
        "task-storage", "batch", "loop-helper", "inner-maps-of-any-size", "ring-buffer", "global-functions", "probe-read-user",
        "mappable-arrays", "bounded-loops", "large-programs,uprobe-session", "global-data", "program-btf", "memory-accounting",
    ];

    public static TheoryData<string, string, string> Masks { get; } = new(
        [
            .. Features.Select(mask => (mask, "allocators", "main")),
            ("task-storage", "threads", "work"), ("loop-helper", "threads", "work"), ("inner-maps-of-any-size", "threads", "work"),
            ("global-data", "threads", "work"), ("mappable-arrays", "threads", "work"), ("ring-buffer", "threads", "work"),
            ("ring-buffer", "mappings", "main"), ("batch", "mappings", "main"), ("probe-read-user", "reallocs", "main"),
        ]);

    [Theory]
    [MemberData(nameof(Masks))]
    public void Without_a_feature_it_says_the_same(string mask, string name, string outermost)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    /// <summary>Everything at once that a kernel did not have yet: the oldest ones do not describe themselves either.</summary>
    [Theory]
    [InlineData("all-4.18", "allocators", "main")]
    [InlineData("all-4.18", "reallocs", "main")]
    [InlineData("all-4.18", "mappings", "main")]
    [InlineData("all-4.18", "threads", "work")]
    [InlineData("all-4.18", "tail_calls", "main")]
    [InlineData("all-4.18", "many_stacks", "main")]
    [InlineData("all-4.18", "headless", "work")]
    [InlineData("all-4.18", "nested", "main", "plain")]
    [InlineData("all-5.3", "threads", "work")]
    [InlineData("all-5.5", "mappings", "main")]
    [InlineData("all-5.8", "threads", "work")]
    public void Without_all_that_came_later_it_says_the_same(string mask, string name, string outermost, params string[] arguments)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path, arguments);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path, "--btf", KernelTypes);
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
        Assert.Contains("by frame pointers alone", emleak.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task-work")]
    [InlineData("sleepable-uprobes")]
    [InlineData("ring-buffer")]
    [InlineData("all-4.18", "--btf", KernelTypes)]
    public void A_program_is_waited_for_by_its_name(string mask, params string[] options)
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("late", string.Create(CultureInfo.InvariantCulture, $"emlk-{mask}"));
        using EmleakRun emleak = new(
            $"EMLEAK_MASK={mask}", folder.Path, [Path.Combine(AppContext.BaseDirectory, "emleak"), "-c", Path.GetFileName(program), .. options]);
        emleak.WaitForStart();
        using Workload workload = Workload.Start(program, folder.Path);
        emleak.WaitForLine("outfiles in dir");
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(truth, emleak.Files().HoldsFrom("main"));
        // A program that waits takes all three: a buffer of perf events is not for programs that may sleep.
        Assert.Contains("may be missed", emleak.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_types_may_come_from_a_file()
    {
        using TestFolder folder = new();
        string wrapped = Path.Combine(folder.Path, "vmlinux");
        using RunningProcess objcopy = new("objcopy", ["--add-section", $".BTF={KernelTypes}", Workloads.Compile("early"), wrapped], folder.Path);
        Assert.Equal(0, objcopy.WaitForExit());
        foreach (string file in (string[])[KernelTypes, wrapped])
        {
            using TestFolder output = new();
            using Workload workload = new("allocators", output.Path);
            using EmleakRun emleak = EmleakRun.AttachWith("EMLEAK_MASK=kernel-btf", workload, output.Path, "--btf", file);
            ExactnessTests.AssertSameHolds(workload, emleak, "main");
        }
    }

    [Theory]
    [InlineData("EMLEAK_MASK=kernel-btf", 6, "--btf FILE gives it to emleak")]
    [InlineData("EMLEAK_MASK=", 2, "--btf ", "--btf", "/etc/passwd")]
    [InlineData("EMLEAK_MASK=", 2, "--btf ", "--btf", "/usr/bin/env")]
    [InlineData("EMLEAK_MASK=", 2, "--btf ", "--btf", "/nowhere")]
    [InlineData("EMLEAK_MASK=ring-bufer", 1, "there is no kernel feature 'ring-bufer'")]
    [InlineData("EMLEAK_MASK=inner-maps-of-any-size", 6, "walking by unwind tables takes Linux 5.10", "--stack-walk", "rows")]
    public void What_cannot_be_done_without_is_told_in_one_line(string variable, int code, string words, params string[] options)
    {
        using TestFolder folder = new();
        using Workload workload = new("allocators", folder.Path);
        using EmleakRun emleak = new(variable, folder.Path, [Path.Combine(AppContext.BaseDirectory, "emleak"), "-p", $"{workload.Pid}", .. options]);
        Assert.Equal(code, emleak.WaitForExit());
        string line = Assert.Single(emleak.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("emleak: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
    }
}

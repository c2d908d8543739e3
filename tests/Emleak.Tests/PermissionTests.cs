using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Tracing without being root: with the three capabilities that it takes, and what is said when one is missing.</summary>
public sealed class PermissionTests
{
    private const string Nobody = "65534";
    private const UnixFileMode Everybody =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    [Theory]
    [InlineData("allocators", "main")]
    [InlineData("mappings", "main")]
    [InlineData("threads", "work")]
    public void Three_capabilities_are_enough(string name, string outermost)
    {
        using TestFolder folder = new();
        string program = Publish(folder, name);
        using Workload workload = Workload.Start(program, folder.Path);
        using EmleakRun emleak = Start(folder, "+bpf,+perfmon,+sys_ptrace", "-p", $"{workload.Pid}");
        emleak.WaitForStart();
        Assert.Contains("Uid:\t65534\t", File.ReadAllText($"/proc/{emleak.Pid}/status"), StringComparison.Ordinal);
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    [Theory]
    [InlineData("+perfmon,+sys_ptrace", "missing: CAP_BPF\n")]
    [InlineData("+bpf,+sys_ptrace", "missing: CAP_PERFMON\n")]
    [InlineData("+bpf,+perfmon", "missing: CAP_SYS_PTRACE\n")]
    [InlineData("+kill", "missing: CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE\n")]
    public void What_is_missing_is_named_in_one_line(string capabilities, string words)
    {
        using TestFolder folder = new();
        string program = Publish(folder, "early");
        using Workload workload = Workload.Start(program, folder.Path);
        using EmleakRun emleak = Start(folder, capabilities, "-p", $"{workload.Pid}");
        Assert.Equal(3, emleak.WaitForExit());
        Assert.StartsWith("emleak: ", emleak.Errors, StringComparison.Ordinal);
        Assert.EndsWith(words, emleak.Errors, StringComparison.Ordinal);
        Assert.Single(emleak.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void They_are_enough_for_a_program_that_is_waited_for()
    {
        using TestFolder folder = new();
        string program = Publish(folder, "beginnings", "emlk-unprivileged");
        using EmleakRun emleak = Start(folder, "+bpf,+perfmon,+sys_ptrace", "-c", "emlk-unprivileged");
        emleak.WaitForStart();
        using RunningProcess workload = new(program, [], folder.Path);
        Assert.Equal(7, workload.WaitForExit());
        emleak.WaitForLine("Exporting");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal([new Hold("construct;early", 104950, 100)], emleak.Files().HoldsFrom("construct"));
    }

    /// <summary>Perf events for probes are an administrator's alone.</summary>
    [Fact]
    public void Where_links_are_missing_the_one_line_says_what_it_takes()
    {
        using TestFolder folder = new();
        string program = Publish(folder, "early");
        using Workload workload = Workload.Start(program, folder.Path);
        using EmleakRun emleak = Start(folder, "+bpf,+perfmon,+sys_ptrace", [AttachMasks.PerfEvents], "-p", $"{workload.Pid}");
        Assert.Equal(3, emleak.WaitForExit());
        Assert.StartsWith("emleak: without links to uprobes (Linux 6.10) tracing takes CAP_SYS_ADMIN: ", emleak.Errors, StringComparison.Ordinal);
        Assert.Single(emleak.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    // emleak and the workload where anybody may read them; the folder is nobody's, for the files that emleak writes.
    private static string Publish(TestFolder folder, string workload, string? name = null)
    {
        File.SetUnixFileMode(folder.Path, Everybody);
        string program = Path.Combine(folder.Path, name ?? workload);
        File.Copy(Workloads.Compile(workload), program);
        PublishedProgram.Copy(folder.Path);
        using RunningProcess chown = new("chown", [Nobody, folder.Path], folder.Path);
        Assert.Equal(0, chown.WaitForExit());
        return program;
    }

    private static EmleakRun Start(TestFolder folder, string capabilities, params string[] arguments) => Start(folder, capabilities, [], arguments);

    private static EmleakRun Start(TestFolder folder, string capabilities, string[] masks, params string[] arguments) => new(
        "setpriv",
        folder.Path,
        [
            $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", $"--inh-caps=-all,{capabilities}", $"--ambient-caps=-all,{capabilities}",
            "env", $"EMLEAK_MASK={string.Join(',', masks)}", Path.Combine(folder.Path, "emleak"), .. arguments,
        ]);
}

using System.Globalization;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Libraries that come while a process is traced: their allocations are seen from their constructors on, and nobody else notices.</summary>
public sealed class LoadingTests
{
    private const int Libraries = 8;

    [Theory]
    [InlineData(AttachMasks.Sessions)]
    [InlineData(AttachMasks.Links)]
    public void Nobody_is_stopped_or_interrupted_and_nothing_missed(string mask)
    {
        using TestFolder folder = new();
        using Workload workload = new("loads", folder.Path, CopyPlugins(folder));
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path, "--symbols-prefix", "plugin_");
        using StateWatch states = new(workload.Pid);
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("interrupted 0\ncontinued 0\n", workload.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('T', states.Seen);
        Assert.Equal(truth, Held(emleak));
    }

    [Fact]
    public void Where_a_loader_cannot_wait_it_goes_on_and_what_may_be_missed_is_reported()
    {
        using TestFolder folder = new();
        using Workload workload = new("loads", folder.Path, CopyPlugins(folder));
        using EmleakRun emleak = EmleakRun.AttachWith("EMLEAK_MASK=sleepable-uprobes,task-work", workload, folder.Path, "--symbols-prefix", "plugin_");
        workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Contains("interrupted 0\ncontinued 0\n", workload.Output, StringComparison.Ordinal);
        Assert.Matches(@"\d libraries ran before they were probed", emleak.Errors);
    }

    /// <summary>Emleak and its guard at once, at any moment, while libraries are loaded: the waits end.</summary>
    [Fact]
    public void Killed_with_its_guard_emleak_leaves_nobody_waiting()
    {
        using TestFolder folder = new();
        string[] plugins = CopyPlugins(folder);
        Random random = new(20261128);
        for (int round = 0; round < 6; round++)
        {
            using Workload workload = new("loads", folder.Path, plugins);
            using EmleakRun emleak = new(folder.Path, "-p", $"{workload.Pid}");
            emleak.WaitForStart();
            using StateWatch states = new(workload.Pid);
            workload.SendLine();
            Thread.Sleep(random.Next(0, 900));
            KillWithChildren(emleak);
            workload.WaitForLine("done");
            Assert.DoesNotContain('T', states.Seen);
            Assert.Contains("interrupted 0\ncontinued 0\n", workload.Output, StringComparison.Ordinal);
            int longest = int.Parse(workload.Output.Split('\n').Single(line => line.StartsWith("dlopen longest", StringComparison.Ordinal)).Split(' ')[2], CultureInfo.InvariantCulture);
            Assert.InRange(longest, 0, 11_000_000);
            workload.End();
        }
    }

    [Fact]
    public void A_function_that_no_library_has_brought_yet_is_waited_for()
    {
        using TestFolder folder = new();
        using Workload workload = new("loads", folder.Path, CopyPlugins(folder));
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "-m", "plugin_malloc", "-f", "plugin_free", "-m", "plugin_aloc");
        Assert.Contains("there is no function 'plugin_malloc'", emleak.Errors, StringComparison.Ordinal);
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(truth, Held(emleak));
        Assert.EndsWith("did you mean plugin_malloc?\n", emleak.Errors, StringComparison.Ordinal);
    }

    internal static void KillWithChildren(EmleakRun emleak)
    {
        // `env` has become emleak.
        string[] children = File.ReadAllText($"/proc/{emleak.Pid}/task/{emleak.Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string task in Directory.GetDirectories($"/proc/{emleak.Pid}/task"))
            children = [.. children, .. File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        foreach (string child in children.Distinct(StringComparer.Ordinal))
        {
            using RunningProcess kill = new("kill", ["-KILL", child], "/");
            kill.WaitForExit();
        }

        emleak.Signal("KILL");
        emleak.WaitForExit();
    }

    private static IEnumerable<Hold> Held(EmleakRun emleak) =>
        emleak.Files().HoldsOf(new HashSet<string>(StringComparer.Ordinal) { "main", "use", "load", "plugin_begin", "plugin_work" }).Where(hold => hold.Path.EndsWith("plugin_work", StringComparison.Ordinal));

    // Each a file of its own.
    private static string[] CopyPlugins(TestFolder folder)
    {
        string plugin = Workloads.CompileWith("plugin", "-shared -fPIC -fno-omit-frame-pointer");
        string[] copies = [.. Enumerable.Range(1, Libraries).Select(i => Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"plugin{i}.so")))];
        foreach (string copy in copies) File.Copy(plugin, copy);
        return copies;
    }
}

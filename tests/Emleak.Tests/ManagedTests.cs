using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>Code that is made at run time has the names of its source.</summary>
public sealed partial class ManagedTests
{
    private const long NativeHeap = 1000 * 101;
    private const long Buffers = 200 * 1000003;

    [Fact]
    public void Leaking_functions_of_a_dotnet_program_are_named_and_nothing_is_left_behind()
    {
        using TestFolder folder = new();
        using RunningProcess target = new(Path.Combine(AppContext.BaseDirectory, "managed"), [], folder.Path);
        target.WaitForLine("ready");
        string stack = TraceWork(target, folder, "ManagedWorkload.Cache::Fetch(int32)", NativeHeap);
        Assert.Matches(@"\tSystem\.Runtime\.InteropServices\.NativeMemory::Alloc\+0x[0-9a-f]+;\n.*ManagedWorkload\.Cache::Fetch", stack);
        Assert.Contains("ManagedWorkload.Cache::Remember(int32)", stack, StringComparison.Ordinal);
        Assert.Contains("__libc_start_call_main", stack, StringComparison.Ordinal);
        Assert.False(File.Exists(MapOf(target.Pid)));
    }

    [Fact]
    public void A_map_that_the_program_writes_anyway_is_left_alone()
    {
        using TestFolder folder = new();
        using RunningProcess target = new("env", ["DOTNET_PerfMapEnabled=3", Path.Combine(AppContext.BaseDirectory, "managed")], folder.Path);
        target.WaitForLine("ready");
        string map = MapOf(target.Pid);
        try
        {
            Assert.True(File.Exists(map));
            TraceWork(target, folder, "Cache::Remember(int32)", NativeHeap);
            Assert.True(File.Exists(map));
        }
        finally
        {
            File.Delete(map);
        }
    }

    [Theory]
    [InlineData("trace")]
    [InlineData("symbolize")]
    public void The_runtime_writes_no_names_any_more_when_emleak_was_killed(string command)
    {
        using TestFolder folder = new();
        using RunningProcess target = new(Path.Combine(AppContext.BaseDirectory, "managed"), [], folder.Path);
        target.WaitForLine("ready");
        string[] arguments = command == "trace" ? ["-p", $"{target.Pid}"] : ["symbolize", "-p", $"{target.Pid}"];
        using RunningProcess emleak = new(Path.Combine(AppContext.BaseDirectory, "emleak"), arguments, folder.Path);
        Assert.True(SpinWait.SpinUntil(() => HasMapOpen(target.Pid), TimeSpan.FromSeconds(20)), "the runtime was not asked");
        emleak.Signal("KILL");
        emleak.WaitForExit();
        Assert.True(SpinWait.SpinUntil(() => !HasMapOpen(target.Pid), TimeSpan.FromSeconds(20)), "the runtime goes on writing names");
        Assert.True(SpinWait.SpinUntil(() => !File.Exists(MapOf(target.Pid)), TimeSpan.FromSeconds(20)), "the names are left behind");
        target.SendLine();
        target.WaitForLine("done");
        Assert.False(File.Exists(MapOf(target.Pid)));
    }

    [Fact]
    public void Leaking_functions_of_a_node_program_are_named()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/node"), "needs node");
        using TestFolder folder = new();
        using RunningProcess target = new("node", ["--perf-basic-prof", "--interpreted-frames-native-stack", Path.Combine(Workloads.Sources, "leaky.js")], folder.Path);
        target.WaitForLine("ready");
        try
        {
            string stack = TraceWork(target, folder, "rememberBuffer ", Buffers);
            Assert.Contains("serveRequests ", stack, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(MapOf(target.Pid));
        }
    }

    private static string MapOf(int pid) => $"/tmp/perf-{pid}.map";

    private static bool HasMapOpen(int pid)
    {
        return Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => TargetOf(file) == MapOf(pid));

        static string? TargetOf(string descriptor)
        {
            try
            {
                return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
            }
            catch (FileNotFoundException)
            {
                // Closed since it was listed.
                return null;
            }
        }
    }

    /// <summary>Traces a program while it works. The stacks with a function must hold so much, and are given.</summary>
    private static string TraceWork(RunningProcess target, TestFolder folder, string function, long bytes)
    {
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, "-i", "1");
        target.SendLine();
        target.WaitForLine("done");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        string text = File.ReadAllText(Path.Combine(Assert.Single(Directory.GetDirectories(folder.Path, "mleak_pid*")), "mleakstacks.txt"));

        // The run-time's own records of the memory are small. The compiler may replace a function while it runs: then there are two stacks.
        string[] stacks = [.. StackHeading().Split(text).Where(stack => stack.Contains(function, StringComparison.Ordinal))];
        long held = stacks.Sum(stack => long.Parse(stack.Split(' ')[0], CultureInfo.InvariantCulture));
        Assert.True(held >= bytes && held <= bytes + (bytes / 100), $"{held} bytes instead of {bytes}:\n{string.Concat(stacks)}");
        return string.Concat(stacks);
    }

    [GeneratedRegex(@"^(?=\d+ bytes allocated)", RegexOptions.Multiline)]
    private static partial Regex StackHeading();
}

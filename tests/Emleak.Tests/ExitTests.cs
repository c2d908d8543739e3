using System.Diagnostics;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>How emleak ends: codes, the one line on standard error, and what it leaves behind.</summary>
public sealed partial class ExitTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-p", "abc")]
    [InlineData("-p", "1", "-i", "0")]
    [InlineData("--bogus")]
    public void A_wrong_command_line_prints_usage_on_standard_error(params string[] arguments)
    {
        (int code, string output, string errors) = Run(arguments.Where(a => a.Length > 0).ToArray());
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("emleak: ", errors, StringComparison.Ordinal);
        Assert.Contains("usage: emleak", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_prints_usage_on_standard_output()
    {
        (int code, string output, string errors) = Run("-h");
        Assert.Equal(0, code);
        Assert.Empty(errors);
        foreach (string option in (string[])["--help", "--pid", "--comm", "--interval", "--malloc", "--free"])
        {
            Assert.Contains(option, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_process_that_does_not_exist_is_refused() => AssertRefused(4, "there is no process 4194304", "-p", "4194304");

    [Fact]
    public void A_kernel_thread_is_refused()
    {
        int kthreadd = Directory.GetDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out int id) && File.ReadAllText($"/proc/{id}/comm") == "kthreadd\n")
            .Select(name => int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture))
            .Single();
        AssertRefused(4, "is a kernel thread", "-p", $"{kthreadd}");
    }

    [Fact]
    public void A_zombie_is_refused()
    {
        using TestFolder folder = new();
        // The shell's child ends at once; `exec` leaves nobody who would wait for it.
        using RunningProcess parent = new("/bin/sh", ["-c", "sleep 0.2 & echo child $!; exec sleep 60"], folder.Path);
        parent.WaitForLine("child ");
        string child = parent.Output.Split(' ')[1].Trim();
        while (!File.ReadAllText($"/proc/{child}/stat").Contains(") Z ", StringComparison.Ordinal)) Thread.Sleep(10);
        AssertRefused(4, "is a zombie", "-p", child);
    }

    [Fact]
    public void A_thread_that_is_not_a_process_is_refused_with_its_process()
    {
        using TestFolder folder = new();
        using Workload workload = new("threads", folder.Path, "2", "0");
        workload.SendLine();
        string[] threads;
        while ((threads = Directory.GetDirectories($"/proc/{workload.Pid}/task")).Length < 3) Thread.Sleep(10);
        string thread = threads.Select(Path.GetFileName).First(id => id != $"{workload.Pid}")!;
        AssertRefused(4, $"is a thread of process {workload.Pid}", "-p", thread);
    }

    [Fact]
    public void A_custom_function_that_is_nowhere_is_told_with_the_places_and_waited_for()
    {
        using TestFolder folder = new();
        using Workload workload = new("nested", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "-m", "no_such_alloc");
        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        string errors = emleak.Errors;
        Assert.Contains("there is no function 'no_such_alloc'", errors, StringComparison.Ordinal);
        Assert.Contains(Workloads.Compile("nested"), errors, StringComparison.Ordinal);
        Assert.Contains("libc.so.6", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_root_it_says_so()
    {
        using TestFolder folder = new();
        string copy = PublishedProgram.Copy(folder.Path);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        (int code, _, string errors) = Run("/usr/bin/setpriv", folder.Path, ["--reuid=65534", "--clear-groups", copy, "-p", "1"]);
        Assert.Equal(3, code);
        Assert.Contains("needs root", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told_and_nothing_is_left_in_the_target()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        (int code, _, string errors) = Run(Emleak, "/proc", ["-p", $"{workload.Pid}"]);
        Assert.Equal(7, code);
        Assert.Matches(OneLine(), errors);
        workload.Work();
    }

    [Theory]
    [InlineData("INT", 2)]
    [InlineData("TERM", 15)]
    [InlineData("HUP", 1)]
    [InlineData("QUIT", 3)]
    public void A_signal_ends_the_trace_with_its_files_written(string signal, int number)
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        emleak.Signal(signal);
        Assert.Equal(0, emleak.WaitForExit());
        TraceFiles files = emleak.Files();
        Assert.Equal(truth, files.HoldsFrom("main"));
        string name = Path.GetFileName(files.Folder);
        Assert.Equal(
            $"""
            Loaded successfully, pid = {workload.Pid}...
            Folder created.
            outfiles in dir: {name}.
            Successfully started! Please run `sudo cat /sys/kernel/debug/tracing/trace_pipe` to see output of the BPF programs.
            start process emleak_signal. sig = {number}.
            untouch ok pid = {workload.Pid}.
            Exporting call stack data successfully. outfile[{name}/mleakstacks.txt,{name}/mleaksummary.csv,{name}/mleakstatics.csv]

            """,
            emleak.Output);
        Assert.False(workload.HasExited);
    }

    private static string Emleak => Path.Combine(AppContext.BaseDirectory, "emleak");

    private static string AssertRefused(int expected, string reason, params string[] arguments)
    {
        (int code, string output, string errors) = Run(arguments);
        Assert.Equal(expected, code);
        Assert.Empty(output);
        Assert.Matches(OneLine(), errors);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        return errors;
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using TestFolder folder = new();
        (int code, string output, string errors) = Run(Emleak, folder.Path, arguments);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        return (code, output, errors);
    }

    private static (int Code, string Output, string Errors) Run(string program, string folder, string[] arguments)
    {
        using RunningProcess process = new(program, arguments, folder);
        int code = process.WaitForExit();
        return (code, process.Output, process.Errors);
    }

    [GeneratedRegex(@"\Aemleak: [^\n]+\n\z", RegexOptions.ExplicitCapture)]
    private static partial Regex OneLine();
}

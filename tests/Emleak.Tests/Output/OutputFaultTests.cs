using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Emleak.Recordings.Format;
using Emleak.Tests.Support;

namespace Emleak.Tests.Output;

/// <summary>Disks that are full, readers that do not read, folders that go: nothing that was found is lost, and emleak ends when it is asked to.</summary>
public sealed partial class OutputFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static string Emleak => Path.Combine(AppContext.BaseDirectory, "emleak");

    [Fact]
    public void A_disk_that_is_full_for_a_moment_costs_no_row()
    {
        using FullDisk disk = new(kilobytes: 64);
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, disk.Path, "-i", "1");
        TraceFiles files = emleak.Files();

        // Before the file has a page of its own, which would take some more rows.
        disk.Fill();
        IReadOnlyList<Hold> truth = workload.Work();
        WaitUntil(() => emleak.Errors.Contains("No space left on device; its rows are kept", StringComparison.Ordinal));
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Assert.Empty(files.Statistics);
        disk.MakeRoom();
        WaitUntil(() => emleak.Errors.Contains("is written again", StringComparison.Ordinal));
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.Equal(2, emleak.Errors.Split('\n').Count(line => line.Contains("mleakstatics.csv", StringComparison.Ordinal)));
        Assert.Equal(emleak.Errors.Split("/trace.emleak: ").Length, emleak.Errors.Split(" trace.emleak is written again").Length);
        long[] seconds = [.. files.Statistics.TrimEnd('\n').Split('\n')[..^1].Select(row => long.Parse(row.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.True(seconds.Length >= 4, files.Statistics);
        Assert.All(seconds.Zip(seconds.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0, 3));
    }

    [Fact]
    public void At_the_end_of_a_full_disk_the_files_are_elsewhere()
    {
        using FullDisk disk = new(kilobytes: 64);
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"TMPDIR={folder.Path}", workload, disk.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        disk.Fill();
        workload.End();
        Assert.Equal(7, emleak.WaitForExit());
        Assert.Matches(@"emleak: cannot write mleak_pid\d+_time\d+/mleakstacks.txt: No space left on device; it is /", emleak.Errors);
        TraceFiles files = new(Assert.Single(Directory.GetDirectories(folder.Path, "mleak_pid*")));
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.Equal(6, Directory.GetFiles(files.Folder).Length);
        Assert.Equal("exited", RecordingReader.Open(files.Folder).End?.Reason);
        Assert.EndsWith(",\n", files.Statistics, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_can_be_written_the_files_are_printed()
    {
        using FullDisk disk = new(kilobytes: 64);
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"TMPDIR={disk.Path}", workload, disk.Path);
        workload.Work();
        disk.Fill();
        workload.End();
        Assert.Equal(7, emleak.WaitForExit());
        foreach (string file in (string[])["mleakstacks.txt", "mleaksummary.csv", "mleakstatics.csv", "out.stacks", "out.sources"])
            Assert.Contains($"==> {file} <==\n", emleak.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^20000 bytes in 100 blocks at callstack id \d+:$", emleak.Output);
        Assert.Contains("it was written to standard output instead", emleak.Errors, StringComparison.Ordinal);
        Assert.Matches("cannot write mleak_[^ ]*/trace.emleak: No space left on device, and nowhere else\n", emleak.Errors);
    }

    [Theory]
    [InlineData("rm -rf mleak_pid*", 6)]
    [InlineData("cd mleak_pid* && ln -sf /dev/null trace.emleak", 1)]
    [InlineData("cd mleak_pid* && rm mleakstatics.csv && mkdir mleakstatics.csv", 1)]
    [InlineData("cd mleak_pid* && rm mleakstatics.csv && mkfifo mleakstatics.csv", 1)]
    [InlineData("cd mleak_pid* && ln -sf /dev/null mleaksummary.csv", 1)]
    [InlineData("cd mleak_pid* && mkfifo mleakstacks.txt.tmp", 1)]
    public void What_is_in_the_way_is_reported_and_the_files_are_elsewhere(string interference, int elsewhere)
    {
        using TestFolder folder = new(), other = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"TMPDIR={other.Path}", workload, folder.Path, "-i", "1");
        workload.Work();
        emleak.WaitForLine("20000 bytes");
        (int code, _, string problem) = Run("/bin/sh", folder.Path, "-ec", interference);
        Assert.True(code == 0, problem);
        workload.End();
        Assert.Equal(7, emleak.WaitForExit());
        Assert.Equal(elsewhere, Directory.GetFiles(Assert.Single(Directory.GetDirectories(other.Path))).Length);
        Assert.Equal(elsewhere, emleak.Errors.Split("; it is ").Length - 1);
    }

    [Theory]
    [InlineData("mkdir gone; cd gone; rmdir ../gone; exec EMLEAK", "No such file or directory")]
    [InlineData("cd /proc; exec EMLEAK", "No such file or directory")]
    [InlineData("mkdir ro; mount -t tmpfs -o ro none ro; trap 'cd /; umount -l OWN/ro' EXIT; cd ro; EMLEAK", "Read-only file system")]
    public void A_current_folder_that_cannot_be_written_is_one_line_in_words(string script, string reason)
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        string own = script.Replace("OWN", folder.Path, StringComparison.Ordinal).Replace("EMLEAK", $"{Emleak} -p {workload.Pid}", StringComparison.Ordinal);
        (int code, string output, string errors) = Run("/bin/bash", folder.Path, "-c", own);
        Assert.Equal((7, ""), (code, output));
        Assert.Equal($"emleak: cannot write in the current folder, where the results go: {reason}\n", errors);
    }

    /// <summary>The runtime itself writes to files, unless it is told not to.</summary>
    [Fact]
    public void A_limit_on_the_size_of_files_is_like_a_full_disk()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using RunningProcess emleak = new(
            "/bin/bash", ["-c", $"ulimit -f 0; DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0 exec {Emleak} -p {workload.Pid} -i 1"], folder.Path);
        emleak.WaitForLine("Successfully started!");
        workload.Work();
        emleak.WaitForLine("20000 bytes");
        workload.End();
        Assert.Equal(7, emleak.WaitForExit());
        Assert.Contains("mleakstatics.csv: File too large; its rows are kept", emleak.Errors, StringComparison.Ordinal);
        Assert.Contains("==> out.sources <==\n", emleak.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_is_run_has_the_signal_of_that_limit_as_it_is()
    {
        using TestFolder folder = new();
        (int code, _, _) = Run(Emleak, folder.Path, "run", "--", "/bin/bash", "-c", "ulimit -f 0; exec head -c 10 /dev/zero >file");
        Assert.Equal(128 + 25, code);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void A_signal_ends_a_trace_whose_output_nobody_reads(string signal)
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using RunningProcess emleak = StartWithFullPipe(folder.Path, workload);
        TraceFiles files = AwaitFiles(folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        WaitUntil(() => files.Statistics.Split('\n').Length > 5);
        Stopwatch clock = Stopwatch.StartNew();
        emleak.Signal(signal);
        Assert.Equal(0, emleak.WaitForExit());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.Contains("reports were not written to standard output: nobody has read those before them", emleak.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_written_while_a_reader_that_does_not_read_is_waited_for()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using RunningProcess emleak = StartWithFullPipe(folder.Path, workload);
        TraceFiles files = AwaitFiles(folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        WaitUntil(() => File.Exists(Path.Combine(files.Folder, "out.sources")) && files.Stacks.Length > 0 && files.Statistics.EndsWith(",\n", StringComparison.Ordinal));
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.False(emleak.HasExited);
        Stopwatch clock = Stopwatch.StartNew();
        emleak.Signal("INT");

        // It ends in order, or by the signal itself when all that was left to do was to wait.
        Assert.Contains(emleak.WaitForExit(), (int[])[0, 128 + 2]);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
    }

    [Theory]
    [InlineData(">&-", 0, "")]
    [InlineData(">&- 2>&- <&-", 0, "")]
    [InlineData("| head -1 >/dev/null; exit ${PIPESTATUS[0]}", 0, "")]
    [InlineData(">/dev/full", 7, "emleak: standard output cannot be written: No space left on device\n")]
    public void Without_standard_output_the_files_are_as_ever(string redirection, int expected, string said)
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using RunningProcess emleak = new("/bin/bash", ["-c", $"{Emleak} -p {workload.Pid} -i 1 {redirection}"], folder.Path);
        TraceFiles files = AwaitFiles(folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        WaitUntil(() => files.Statistics.Split('\n').Length > 3);
        workload.End();
        Assert.Equal(expected, emleak.WaitForExit());
        Assert.Equal(said, emleak.Errors);
        Assert.Equal(truth, files.HoldsFrom("main"));
        Assert.Matches(StatisticsFile(), files.Statistics);
    }

    [Fact]
    public void A_signal_ends_the_wait_for_a_silent_server_of_debug_files()
    {
        using TestFolder folder = new();
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        // Without debug information of its own, so that there is something to ask for.
        using Workload workload = Workload.CompiledWith("-fno-omit-frame-pointer -g0", "early", folder.Path);
        using RunningProcess emleak = new(
            "env",
            ["--default-signal", $"DEBUGINFOD_URLS=http://{silent.LocalEndPoint}/", $"DEBUGINFOD_CACHE_PATH={folder.Path}/cache", Emleak, "-p", $"{workload.Pid}", "--debuginfod"],
            folder.Path);
        emleak.WaitForLine("Successfully started!");
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        Assert.True(silent.Poll(Patience, SelectMode.SelectRead), "the server is not asked");
        using (silent.Accept())
        {
            Stopwatch clock = Stopwatch.StartNew();
            emleak.Signal("TERM");
            Assert.Equal(0, emleak.WaitForExit());
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
        }

        Assert.Equal(truth, new TraceFiles(Assert.Single(Directory.GetDirectories(folder.Path, "mleak_pid*"))).HoldsFrom("main"));
    }

    private static TimeSpan Patience => RunningProcess.Patience;

    // Open for reading as well, so that it has a reader, and full before emleak says a word.
    private static RunningProcess StartWithFullPipe(string folder, Workload workload) => new(
        "/bin/bash", ["-c", $"mkfifo pipe; exec 3<>pipe; head -c 65536 /dev/zero >&3; exec env --default-signal {Emleak} -p {workload.Pid} -i 1 >pipe"], folder);

    private static TraceFiles AwaitFiles(string folder)
    {
        WaitUntil(() => Directory.GetDirectories(folder, "mleak_pid*").Length == 1);

        // The probes were there before the folder.
        return new TraceFiles(Directory.GetDirectories(folder, "mleak_pid*")[0]);
    }

    private static void WaitUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(() => { Thread.Sleep(20); return condition(); }, Patience), "it does not happen");

    private static (int Code, string Output, string Errors) Run(string program, string folder, params string[] arguments)
    {
        using RunningProcess process = new(program, arguments, folder);
        int code = process.WaitForExit();
        return (code, process.Output, process.Errors);
    }

    [GeneratedRegex(@"\A([0-9]+,([0-9]+,)+\n)+0,([0-9]+,)+\n\z", RegexOptions.ExplicitCapture)]
    private static partial Regex StatisticsFile();
}

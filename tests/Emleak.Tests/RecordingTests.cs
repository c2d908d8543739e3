using System.IO.Compression;
using System.Text;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>The recording that a trace writes, and the reports that are made of it.</summary>
public sealed class RecordingTests
{
    // tests/campaigns/recordings.sh asks for more.
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("EMLEAK_KILLS"), out int kills) ? kills : 8;

    [Theory]
    [InlineData("paths")]
    [InlineData("paths", "--sample-bytes", "8")]
    [InlineData("allocators", "--demangle", "short", "--min-size", "10")]
    [InlineData("operators.cpp", "--max-depth", "2")]
    public void The_five_files_made_again_are_those_of_the_trace(string workload, params string[] options)
    {
        using TestFolder folder = new();
        using Workload target = Workload.CompiledWith("-g -O2", workload, folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, ["-i", "1", .. options]);
        IReadOnlyList<Hold> truth = target.Work();
        emleak.WaitForLine("\t");
        target.End();
        Assert.Equal(0, emleak.WaitForExit());

        Recording recording = RecordingReader.Open(emleak.Files().Folder);
        Assert.Equal((target.Pid, workload, "exited", 0), (recording.Header.Target.Pid, recording.Header.Target.Comm, recording.End?.Reason, recording.End?.ExitCode));
        Assert.InRange(recording.Header.Start - recording.Header.Target.Start!.Value, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(5));
        Assert.Contains(recording.Header.Probes, probe => probe is { Name: "malloc", Kind: "allocate" } && probe.Module.Contains("libc", StringComparison.Ordinal));
        Assert.True(recording.Snapshots[0].Process is { Rss: > 0, Anonymous: > 0, File: > 0, Swap: not null }, $"{recording.Snapshots[0].Process}");
        Assert.Contains(recording.Modules, module => module.BuildId is not null && module.Ranges.Count > 0);
        Assert.Equal(options.Contains("--max-depth"), recording.Losses.Any(loss => loss is { Code: "truncated-stacks", Count: > 0, Bytes: > 0 }));
        if (options.Length == 0) Assert.Equal(truth, emleak.Files().HoldsOf(truth.SelectMany(hold => hold.Path.Split(';')).ToHashSet(StringComparer.Ordinal)));
        AssertMadeAgain(folder, emleak.Files().Folder);
    }

    [Fact]
    public void Those_of_an_interpreter_are_too()
    {
        using TestFolder folder = new();
        using EmleakRun emleak = new(folder.Path, ["run", "-i", "1", "--", "/usr/bin/python3", Path.Combine(Workloads.Sources, "holds.py")]);
        emleak.WaitForLine("ready");
        emleak.SendLine();
        emleak.WaitForLine("done");
        emleak.SendLine();
        Assert.Equal(0, emleak.WaitForExit());
        AssertMadeAgain(folder, emleak.Files().Folder);
    }

    /// <summary>emleak is killed at any moment, several times at once: each file reads, and has every interval but the one that was being written.</summary>
    [Fact]
    public void A_killed_trace_leaves_a_recording_up_to_its_last_interval()
    {
        const int AtOnce = 4;
        for (int left = Kills; left > 0; left -= AtOnce) Parallel.For(0, Math.Min(left, AtOnce), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, _ => KillOne());
    }

    [Fact]
    public void A_trace_that_goes_on_can_be_read()
    {
        using TestFolder folder = new();
        using Workload target = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, "-i", "1");
        target.Work();
        emleak.WaitForLine("20000 bytes allocated at callstack id ");
        emleak.WaitForLine("20000 bytes allocated at callstack id ");
        using (EmleakRun report = new(folder.Path, "report", emleak.Files().Folder))
        {
            Assert.Equal(0, report.WaitForExit());
            Assert.Contains("20000 bytes allocated at callstack id ", report.Output, StringComparison.Ordinal);
            Assert.Equal("emleak: the recording has no end: it was cut, or the trace still goes on; this is what it held last\n", report.Errors);
        }

        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Recording recording = RecordingReader.Open(emleak.Files().Folder);
        Assert.Equal(("signal", 2), (recording.End?.Reason, recording.End?.Signal));
    }

    [Fact]
    public void What_happens_to_the_process_is_recorded()
    {
        using TestFolder folder = new();
        string script = "import os, sys; sys.stdin.readline()\nfor i in range(3):\n p = os.fork()\n if p == 0: os._exit(0)\n os.waitpid(p, 0)\nimport sqlite3\nprint('forked', flush=True); sys.stdin.readline(); os.execv('/bin/sleep', ['sleep', '0'])";
        using RunningProcess target = new("/usr/bin/python3", ["-u", "-c", $"print('ready', flush=True)\n{script}"], folder.Path);
        target.WaitForLine("ready");
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, "-i", "1");
        target.SendLine();
        target.WaitForLine("forked");
        emleak.WaitForLine("\t");
        target.SendLine();
        Assert.Equal(0, emleak.WaitForExit());
        Recording first = Directory.GetDirectories(folder.Path, "mleak_*").Select(path => RecordingReader.Open(path)).Single(recording => recording.End?.Reason == "executed");
        Assert.Equal(3, first.Events.Where(happened => happened.Kind == TraceEventKinds.Forked).Sum(happened => happened.Numbers!["children"]));
        Assert.Equal("/usr/bin/sleep", Assert.Single(first.Events, happened => happened.Kind == TraceEventKinds.Executed).Subject);
        Assert.Contains(first.Events, happened => happened.Kind == TraceEventKinds.LibraryLoaded && happened.Subject!.Contains("/libsqlite3.so", StringComparison.Ordinal));
        Assert.Equal(ProcessNumbers.Unknown, first.Snapshots[^1].Process);
    }

    [Theory]
    [InlineData("nothing", 1, "cannot read nothing: No such file or directory\n")]
    [InlineData(".", 1, "cannot read .: No such file or directory\n")]
    [InlineData("text", 1, "cannot read text: not a recording of emleak")]
    [InlineData("newer", 1, "cannot read newer: the recording has format 7, written by emleak 99.0; this version reads formats up to 1")]
    [InlineData("text --format pdf", 2, "--format takes text or summary or statistics or folded or sources or growth or totals or flame, not 'pdf'")]
    [InlineData("", 2, "give one PATH")]
    [InlineData("text newer", 2, "give one PATH")]
    public void What_is_no_recording_gets_a_line_and_a_code(string arguments, int code, string message)
    {
        using TestFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "text"), "hello\n");
        using (GZipStream compressed = new(File.Create(Path.Combine(folder.Path, "newer")), CompressionLevel.Fastest))
        {
            compressed.Write("{\"header\":{\"format\":7,\"emleak\":\"99.0\"}}\n"u8);
        }

        using EmleakRun report = new(folder.Path, ["report", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(code, report.WaitForExit());
        Assert.StartsWith($"emleak: {message}", report.Errors, StringComparison.Ordinal);
        if (code == 1) Assert.Single(report.Errors.TrimEnd('\n').Split('\n'));
        Assert.Empty(report.Output);
    }

    [Theory]
    [InlineData(">/dev/full", 7, "emleak: standard output cannot be written: No space left on device\n")]
    [InlineData("| true", 0, "")]
    public void A_report_that_cannot_be_written_says_so(string redirection, int code, string errors)
    {
        using TestFolder folder = new();
        RecordingBuilder recording = new(new Header { Emleak = "1", Start = DateTimeOffset.UnixEpoch, Target = new TargetInfo { Pid = 1 } });
        recording.Set(recording.AddStack(1, []), StackColumn.LiveBytes, 5);
        recording.TakeSnapshot(DateTimeOffset.UnixEpoch);
        recording.Finish(new TraceEnding(DateTimeOffset.UnixEpoch, "exited"), []);
        using (FileStream file = File.Create(Path.Combine(folder.Path, RecordingWriter.FileName))) RecordingWriter.Write(recording.Build(), file);
        using RunningProcess report = new("/bin/bash", ["-c", $"{Path.Combine(AppContext.BaseDirectory, "emleak")} report . {redirection}; exit ${{PIPESTATUS[0]}}"], folder.Path);
        Assert.Equal((code, errors), (report.WaitForExit(), report.Errors));
    }

    private static void AssertMadeAgain(TestFolder folder, string trace)
    {
        foreach (IReportWriter report in ReportWriters.Texts)
        {
            using EmleakRun again = new(folder.Path, "report", trace, "--format", report.Name);
            Assert.Equal((0, ""), (again.WaitForExit(), again.Errors));
            string written = File.ReadAllText(Path.Combine(trace, report.FileName));
            Assert.NotEmpty(written);
            Assert.Equal(written, again.Output);
        }

        foreach (IReportWriter picture in ReportWriters.All.Except(ReportWriters.Texts))
        {
            using EmleakRun drawn = new(folder.Path, "report", Path.Combine(trace, RecordingWriter.FileName), "--format", picture.Name);
            Assert.Equal((0, ""), (drawn.WaitForExit(), drawn.Errors));
            Assert.Contains("</svg>", drawn.Output, StringComparison.Ordinal);
        }
    }

    private static void KillOne()
    {
        using TestFolder folder = new();
        using RunningProcess target = new(Workloads.Compile("leak"), [], folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(target, folder.Path, "-i", "1");
        Thread.Sleep(TimeSpan.FromMilliseconds(Random.Shared.Next(500, 3500)));
        emleak.Kill();
        emleak.WaitForExit();
        TraceFiles files = emleak.Files();
        string[] rows = files.Statistics.Split('\n')[..^1];

        // Rows are as wide as the header here. The two files are written by two threads: of the interval in which it is killed there may be one and not the other.
        Recording recording = RecordingReader.Open(files.Folder);
        Assert.Null(recording.End);
        using MemoryStream report = new();
        ReportWriters.Find("statistics")!.Write(recording, report);
        string[] again = Encoding.UTF8.GetString(report.ToArray()).Split('\n')[..^2];
        Assert.InRange(again.Length, rows.Length - 1, rows.Length + 1);
        Assert.All(rows.Zip(again), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }
}

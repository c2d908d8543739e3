using System.Globalization;
using System.Text.RegularExpressions;
using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>What a trace writes while it goes on and at its end, read by the programs that people have for it.</summary>
public sealed partial class OutputFolderTests
{
    [Fact]
    public void Rows_grow_live_and_the_whole_is_written_at_the_end()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "-i", "1");
        TraceFiles files = emleak.Files();
        Assert.Matches(FolderName(), Path.GetFileName(files.Folder));
        Assert.Equal(["mleakstacks.txt", "mleakstatics.csv", "mleaksummary.csv", "trace.emleak"], Names(files));
        Assert.Empty(files.Stacks + files.Summary + files.Statistics);

        workload.Work();
        emleak.WaitForLine("20000 bytes allocated at callstack id ");
        Assert.True(SpinWait.SpinUntil(() => files.Statistics.Split('\n').Length > 3, TimeSpan.FromSeconds(20)), "no rows");
        Assert.Empty(files.Stacks + files.Summary);
        Assert.DoesNotMatch(Header(), files.Statistics);
        Assert.Contains(files.Statistics.Split('\n')[0], emleak.Files().Statistics, StringComparison.Ordinal);

        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        Assert.Equal(["mleakstacks.txt", "mleakstatics.csv", "mleaksummary.csv", "out.sources", "out.stacks", "trace.emleak"], Names(files));
        Assert.Matches(Header(), files.Statistics);
        string[] rows = files.Statistics.TrimEnd('\n').Split('\n');
        Assert.All(rows, row => Assert.Equal(rows[^1].Count(c => c == ','), row.Count(c => c == ',')));
        Assert.Contains($"\n{files.Stacks.Split('\n')[0]}\n", "\n" + emleak.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_ascending_by_bytes_and_folded_stacks_say_the_same()
    {
        using TestFolder folder = new();
        using Workload workload = new("allocators", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path);
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());

        TraceFiles files = emleak.Files();
        long[] bytes = [.. files.Summary.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => long.Parse(line.Split(", ")[1], CultureInfo.InvariantCulture))];
        Assert.Equal(bytes.Order(), bytes);
        foreach (Hold hold in truth)
        {
            Assert.Matches($"(?m)(^|;){Regex.Escape(hold.Path)} {hold.Bytes}$", files.Folded);
        }
    }

    /// <summary>As the original's scripts read the files: the last line is the header, fields split at commas.</summary>
    [Fact]
    public void A_script_that_reads_like_the_originals_draws_the_files()
    {
        const string Script = """
            import csv, pygal
            rows = list(csv.reader(open('mleakstatics.csv', newline='')))
            header, rows = rows[-1], rows[:-1]
            assert header[0] == '0' and header[-1] == '' and rows
            chart = pygal.Line()
            chart.x_labels = [row[0] for row in rows]
            for column in range(1, len(header)):
                points = [int(row[column] or 0) for row in rows]
                assert len(points) == len(rows)
                chart.add(header[column], points)
            chart.render_to_file('mleakstatics.svg')
            chart = pygal.Bar()
            for stack, total, times in csv.reader(open('mleaksummary.csv', newline='')):
                chart.add(str(int(stack)), [int(total), int(times)])
            chart.render_to_file('mleaksummary.svg')
            """;
        using TestFolder folder = new();
        using Workload workload = new("allocators", folder.Path);
        using EmleakRun emleak = EmleakRun.Attach(workload, folder.Path, "-i", "1");
        workload.Work();
        emleak.WaitForLine("2200 bytes allocated");
        workload.End();
        Assert.Equal(0, emleak.WaitForExit());
        string output = emleak.Files().Folder;
        using RunningProcess python = new("/usr/bin/python3", ["-c", Script], output);
        Assert.True(python.WaitForExit() == 0, python.Errors);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(output, "mleakstatics.svg")), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(output, "mleaksummary.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_traces_of_one_process_in_one_second_have_a_folder_each()
    {
        using TestFolder folder = new();
        using Workload workload = new("early", folder.Path);
        using EmleakRun first = new(folder.Path, "-p", $"{workload.Pid}");
        using EmleakRun second = new(folder.Path, "-p", $"{workload.Pid}");
        first.WaitForStart();
        second.WaitForStart();
        IReadOnlyList<Hold> truth = workload.Work();
        workload.End();
        Assert.Equal(0, first.WaitForExit());
        Assert.Equal(0, second.WaitForExit());
        string[] folders = Directory.GetDirectories(folder.Path);
        Assert.Equal(2, folders.Length);
        Assert.All(folders, path => Assert.Equal(truth, new TraceFiles(path).HoldsFrom("main")));
    }

    [Fact]
    public void By_name_each_run_of_the_program_gets_a_folder_until_a_signal_comes()
    {
        using TestFolder folder = new();
        string program = Workloads.Compile("early", "early-by-name");
        using EmleakRun emleak = new(folder.Path, "-c", "early-by-name");
        emleak.WaitForStart();
        for (int round = 1; round <= 2; round++)
        {
            using Workload workload = Workload.Start(program, folder.Path);
            emleak.WaitForLine($"outfiles in dir: mleak_pid{workload.Pid}_time");
            IReadOnlyList<Hold> truth = workload.Work();
            workload.End();
            emleak.WaitForLine("Exporting call stack data successfully.");
            string own = Assert.Single(Directory.GetDirectories(folder.Path, $"mleak_pid{workload.Pid}_*"));
            // It is traced from its first instruction on: what it allocates before it is ready is seen, too.
            Assert.Equal([new Hold("main", 100 * 48, 100), .. truth], new TraceFiles(own).HoldsFrom("main"));
        }

        emleak.Signal("INT");
        Assert.Equal(0, emleak.WaitForExit());
        Assert.EndsWith("outfile[mleakstacks.txt,mleaksummary.csv,mleakstatics.csv]\n", emleak.Output, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetDirectories(folder.Path).Length);
    }

    private static IEnumerable<string> Names(TraceFiles files) =>
        Directory.GetFiles(files.Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^mleak_pid\d+_time\d{10}$", RegexOptions.ExplicitCapture)]
    private static partial Regex FolderName();

    [GeneratedRegex(@"(^|\n)0,([1-9]\d*,)+\n\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Header();
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Emleak.Bench;

/// <summary>What emleak itself takes: time until it traces, memory, processor time.</summary>
internal static class OwnCosts
{
    private const int Starts = 9;

    // USER_HZ, which is 100 on every machine that Linux runs on.
    private const double TicksPerSecond = 100;
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(20);

    public static void Append(StringBuilder text, string mbench, string emleak)
    {
        Console.Error.WriteLine("emleak's own costs");
        double[] starts = MeasureStarts(mbench, emleak);
        (double share, string[] memory) = MeasureLong(mbench, emleak);
        text.Append("### emleak itself (static binary)\n\n| what | |\n| --- | ---: |\n");
        text.Append($"| from its start to probes live, {Starts} times: least | {Statistics.Show(starts.Min(), "F0")} ms |\n");
        text.Append($"| the same: median | {Statistics.Show(Statistics.Median(starts), "F0")} ms |\n");
        text.Append($"| processor time with `-i 1` and 1,000,000 blocks live | {Statistics.Show(share * 100, "F2")}% of a core |\n");
        foreach (string line in memory) text.Append($"| {line} |\n");
        text.Append('\n');
    }

    private static double[] MeasureStarts(string mbench, string emleak)
    {
        using PairLoop loop = new([mbench], new Load(1, 2, 1000));
        Tracer tracer = new([emleak, "-p"], "Successfully started");
        List<double> times = [];
        for (int i = 0; i < Starts; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            using IDisposable running = tracer.Start(loop.Pid);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return [.. times];
    }

    private static (double Share, string[] Memory) MeasureLong(string mbench, string emleak)
    {
        using PairLoop loop = new([mbench], new Load(1, 2, 1_000_000));
        string folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        using Process process = Process.Start(new ProcessStartInfo(emleak, ["-i", "1", "-p", $"{loop.Pid}"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = folder,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        loop.TurnOver();
        double before = Ticks(process.Id);
        Thread.Sleep(Watch);
        double share = (Ticks(process.Id) - before) / TicksPerSecond / Watch.TotalSeconds;
        string[] memory = [.. File.ReadLines($"/proc/{process.Id}/status")
            .Where(line => line.StartsWith("VmRSS", StringComparison.Ordinal) || line.StartsWith("Rss", StringComparison.Ordinal))
            .Select(line => line.Replace(":", "", StringComparison.Ordinal).Replace("\t", " | ", StringComparison.Ordinal))];
        using (Process kill = Process.Start("kill", ["-INT", $"{process.Id}"])) kill.WaitForExit();
        process.WaitForExit();
        Directory.Delete(folder, recursive: true);
        return (share, memory);
    }

    // proc_pid_stat(5): utime and stime are the 14th and 15th field, behind a name that may hold blanks.
    private static double Ticks(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}

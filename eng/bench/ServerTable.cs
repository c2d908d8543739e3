using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Emleak.Bench;

/// <summary>What a server gets done under each variant: redis-server, whose allocator is jemalloc, asked by redis-benchmark.</summary>
internal static class ServerTable
{
    private const int Port = 26379;
    private const int Requests = 100_000;
    private const int SlowRequests = 20_000;

    public static void Append(StringBuilder text, List<Watcher> watchers, int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        using Process server = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", $"{Port}", "--save", "", "--appendonly", "no", "--dir", folder])
        { UseShellExecute = false, RedirectStandardOutput = true })!;
        server.OutputDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        try
        {
            Thread.Sleep(1000);
            Ask(SlowRequests);
            List<double>[] results = [.. watchers.Select(_ => new List<double>())];
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < watchers.Count; i++)
                {
                    Console.Error.WriteLine($"redis-server: {watchers[i].Name}");
                    using IDisposable observation = watchers[i].Variant.Start(server.Id);
                    results[i].Add(Ask(watchers[i].Name == Variants.Entries ? SlowRequests : Requests));
                }
            }

            AppendTable(text, watchers, results);
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Directory.Delete(folder, recursive: true);
        }
    }

    // "test","rps",... and "SET","61000.00",...
    private static double Ask(int requests)
    {
        using Process client = Process.Start(new ProcessStartInfo(
            "redis-benchmark", ["-p", $"{Port}", "-t", "set", "-n", $"{requests}", "-r", "20000", "-d", "512", "--csv"])
        { UseShellExecute = false, RedirectStandardOutput = true })!;
        string output = client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        string? line = output.Split('\n').LastOrDefault(text => text.StartsWith("\"SET", StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
    }

    private static void AppendTable(StringBuilder text, List<Watcher> watchers, List<double>[] results)
    {
        List<double> floor = results[watchers.FindIndex(watcher => watcher.Name == Variants.FloorName)];
        text.Append("### redis-server, `redis-benchmark -t set -n 100000 -r 20000 -d 512`\n\n");
        text.Append("| what looks | requests per second | ratio to the floor |\n| --- | ---: | ---: |\n");
        for (int i = 0; i < watchers.Count; i++)
        {
            double ratio = Statistics.Median(results[i].Zip(floor, (value, least) => value / least));
            text.Append($"| {watchers[i].Name} | {Statistics.Show(Statistics.Median(results[i]), "F0")} | {Statistics.Show(ratio, "F2")} |\n");
        }

        text.Append('\n');
    }
}

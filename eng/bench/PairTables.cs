using System.Text;

namespace Emleak.Bench;

/// <summary>What a malloc and a free cost in the traced process, under each variant: a table for each load.</summary>
internal static class PairTables
{
    private const string Heaptrack = "heaptrack, preloaded";
    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(1);

    public static void Append(StringBuilder text, string mbench, List<Watcher> watchers, string? heaptrack, int rounds)
    {
        List<(Load Load, Dictionary<string, List<double>> Results)> all = [];
        foreach (Load load in Load.All)
        {
            Console.Error.WriteLine(load);
            Dictionary<string, List<double>> results = Measure(mbench, load, [.. watchers.Where(watcher => watcher.Loads(load))], rounds);

            // It cannot look at a process without a debugger's help; it starts its own.
            if (heaptrack is not null) results[Heaptrack] = [.. Enumerable.Range(0, rounds).Select(_ => MeasureUnder(heaptrack, mbench, load))];
            AppendTable(text, load, results);
            all.Add((load, results));
        }

        AppendFrames(text, [.. all.Where(item => item.Load.IsOfStacks)]);
    }

    private static Dictionary<string, List<double>> Measure(string mbench, Load load, List<Watcher> watchers, int rounds)
    {
        Dictionary<string, List<double>> results = watchers.ToDictionary(watcher => watcher.Name, _ => new List<double>(), StringComparer.Ordinal);
        using PairLoop loop = new([mbench], load);
        loop.TurnOver();
        for (int round = 0; round < rounds; round++)
        {
            foreach (Watcher watcher in watchers.Where(watcher => round < watcher.Rounds))
            {
                using IDisposable observation = watcher.Variant.Start(loop.Pid);
                loop.TurnOver();
                results[watcher.Name].Add(loop.Measure(Stretch));
            }
        }

        return results;
    }

    private static double MeasureUnder(string heaptrack, string mbench, Load load)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        try
        {
            using PairLoop loop = new([heaptrack, "-o", Path.Combine(folder, "trace"), mbench], load);
            loop.TurnOver();
            loop.TurnOver();
            return loop.Measure(Stretch);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AppendTable(StringBuilder text, Load load, Dictionary<string, List<double>> results)
    {
        text.Append($"### {load}\n\n| what looks | ns per malloc and free | ratio to the floor |\n| --- | ---: | ---: |\n");
        foreach ((string name, List<double> times) in results)
        {
            // Of one round each: the machine may have been busy in another.
            double ratio = Statistics.Median(times.Zip(results[Variants.FloorName], (value, least) => value / least));
            text.Append($"| {name} | {Statistics.Show(Statistics.Median(times), "F0")} | {Statistics.Show(ratio, "F2")} |\n");
        }

        text.Append('\n');
    }

    // Between the shallowest and the deepest stack nothing differs but the frames in between.
    private static void AppendFrames(StringBuilder text, List<(Load Load, Dictionary<string, List<double>> Results)> loads)
    {
        ((Load shallow, Dictionary<string, List<double>> fewer), (Load deep, Dictionary<string, List<double>> more)) = (loads[0], loads[^1]);
        text.Append($"### A frame more, from depth {shallow.Depth} to {deep.Depth}\n\n| what looks | ns a frame |\n| --- | ---: |\n");
        foreach (string name in (string[])[Variants.Exact, Variants.FirstVisits, Variants.FramePointers])
        {
            double cost = (Statistics.Median(more[name]) - Statistics.Median(fewer[name])) / (deep.Depth - shallow.Depth);
            text.Append($"| {name} | {Statistics.Show(cost, "F0")} |\n");
        }

        text.Append('\n');
    }
}

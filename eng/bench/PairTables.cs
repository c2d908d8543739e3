using System.Text;

namespace Emleak.Bench;

/// <summary>What a malloc and a free cost in the traced process, under each variant: a table for each load.</summary>
internal static class PairTables
{
    private const string Heaptrack = "heaptrack, preloaded";
    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(1);

    public static void Append(StringBuilder text, string mbench, List<(string Name, IVariant Variant)> variants, string? heaptrack, int rounds)
    {
        foreach (Load load in Load.All)
        {
            Console.Error.WriteLine(load);
            string[] names = [.. variants.Select(variant => variant.Name), .. heaptrack is null ? (string[])[] : [Heaptrack]];
            List<double>[] results = [.. names.Select(_ => new List<double>())];
            using (PairLoop loop = new([mbench], load))
            {
                loop.TurnOver();
                for (int round = 0; round < rounds; round++)
                {
                    for (int i = 0; i < variants.Count; i++)
                    {
                        using IDisposable observation = variants[i].Variant.Start(loop.Pid);
                        loop.TurnOver();
                        results[i].Add(loop.Measure(Stretch));
                    }
                }
            }

            // It cannot look at a process without a debugger's help; it starts its own.
            for (int round = 0; heaptrack is not null && round < rounds; round++) results[^1].Add(MeasureUnder(heaptrack, mbench, load));
            AppendTable(text, load, names, results);
        }
    }

    private static double MeasureUnder(string heaptrack, string mbench, Load load)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-bench-").FullName;
        try
        {
            using PairLoop loop = new([heaptrack, "--record-only", "-o", Path.Combine(folder, "trace"), mbench], load);
            loop.TurnOver();
            loop.TurnOver();
            return loop.Measure(Stretch);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AppendTable(StringBuilder text, Load load, string[] names, List<double>[] results)
    {
        List<double> floor = results[Array.IndexOf(names, Variants.FloorName)];
        text.Append($"### {load}\n\n| what looks | ns per malloc and free | ratio to the floor |\n| --- | ---: | ---: |\n");
        for (int i = 0; i < names.Length; i++)
        {
            // Of one round each: the machine may have been busy in another.
            double ratio = Statistics.Median(results[i].Zip(floor, (value, least) => value / least));
            text.Append($"| {names[i]} | {Statistics.Show(Statistics.Median(results[i]), "F0")} | {Statistics.Show(ratio, "F2")} |\n");
        }

        text.Append('\n');
    }
}

using System.Globalization;
using Emleak.Bench;
using Emleak.Probes;

// arguments: mbench, empty.bpf.o, emleak, rounds, then "threads,depth,live" configurations
(string mbench, string emptyObject, string emleak) = (args[0], args[1], args[2]);
int rounds = int.Parse(args[3], CultureInfo.InvariantCulture);
foreach (string configuration in args[4..])
{
    long[] numbers = [.. configuration.Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
    using PairLoop loop = new(mbench, (int)numbers[0], (int)numbers[1], numbers[2]);
    // Until every block is there.
    Thread.Sleep(1000);
    List<(string Name, IVariant Variant)> variants = Variants(loop.Pid);
    List<double>[] results = [.. variants.Select(_ => new List<double>())];
    for (int round = 0; round < rounds; round++)
    {
        for (int i = 0; i < variants.Count; i++)
        {
            using IDisposable observation = variants[i].Variant.Start();
            results[i].Add(loop.Measure(TimeSpan.FromSeconds(1.2)));
        }
    }

    Console.WriteLine($"### {numbers[0]} thread(s), depth {numbers[1]}, {numbers[2]} blocks live\n");
    Console.WriteLine("| what is attached | ns per malloc and free | ratio to the floor |\n| --- | ---: | ---: |");
    for (int i = 0; i < variants.Count; i++)
    {
        IEnumerable<double> ratios = results[i].Zip(results[Floor.Index], (value, floor) => value / floor);
        Console.WriteLine($"| {variants[i].Name} | {Median(results[i]):F0} | {Median(ratios):F2} |");
    }

    Console.WriteLine();
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return sorted[sorted.Length / 2];
}

List<(string Name, IVariant Variant)> Variants(int pid)
{
    string[] options = ["-p", $"{pid}"];
    const string Started = "Successfully started";
    List<(string Name, IVariant Variant)> variants =
    [
        ("nothing", new Nothing()),
        ("empty probes at the chosen spots, perf events: the floor", new Floor(emptyObject, pid, ProbePlacement.Best, useLinks: false)),
        ("empty probes at the chosen spots, links", new Floor(emptyObject, pid, ProbePlacement.Best, useLinks: true)),
        ("empty probes at the entries, perf events", new Floor(emptyObject, pid, ProbePlacement.Entry, useLinks: false)),
        ("emleak", new Tracer(emleak, options, Started)),
        ("emleak --probe-placement entry", new Tracer(emleak, [.. options, "--probe-placement", "entry"], Started)),
    ];
    if (Environment.GetEnvironmentVariable("EMLEAK_STAGES") is string folder)
    {
        foreach (string file in Directory.GetFiles(folder, "*.stage.o").Order(StringComparer.Ordinal))
        {
            variants.Add((Path.GetFileName(file), new Programs(file, pid)));
        }
    }

    return variants;
}

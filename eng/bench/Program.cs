using Emleak.Bench;
using Emleak.Probes;

// arguments: mbench, empty.bpf.o, emleak, rounds, then "threads depth live" triples joined by commas
string mbench = args[0], emptyObject = args[1], emleak = args[2];
// EMLEAK_STAGES: a folder of NAME.stage.o, emleak's own object with stages left out, to see where the time goes
int rounds = int.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture);
foreach (string configuration in args[4..])
{
    long[] numbers = [.. configuration.Split(',').Select(text => long.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
    using PairLoop loop = new(mbench, (int)numbers[0], (int)numbers[1], numbers[2]);
    Thread.Sleep(500);
    string[] OnTarget(params string[] more) => ["-p", $"{loop.Pid}", .. more];
    const string Started = "Successfully started";
    List<(string Name, IVariant Variant)> variants =
    [
        ("bare", new Nothing()),
        ("empty probes at the entries", new Floor(emptyObject, loop.Pid, ProbePlacement.Entry, useLinks: false)),
        ("empty probes at the chosen spots (perf events)", new Floor(emptyObject, loop.Pid, ProbePlacement.Best, useLinks: false)),
        ("empty probes at the chosen spots (links)", new Floor(emptyObject, loop.Pid, ProbePlacement.Best, useLinks: true)),
        ("emleak", new Tracer(emleak, OnTarget(), Started)),
        .. Directory.GetFiles(Environment.GetEnvironmentVariable("EMLEAK_STAGES") ?? Path.GetTempPath(), "*.stage.o").Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), (IVariant)new Programs(file, loop.Pid))),
    ];
    List<double>[] results = [.. variants.Select(_ => new List<double>())];
    for (int round = 0; round < rounds; round++)
    {
        for (int i = 0; i < variants.Count; i++)
        {
            using IDisposable observation = variants[i].Variant.Start();
            results[i].Add(loop.Measure(TimeSpan.FromSeconds(1.2)));
        }
    }

    Console.WriteLine($"threads {numbers[0]}, depth {numbers[1]}, live {numbers[2]}: ns per pair, median of {rounds} (ratio to the perf-event floor, round by round)");
    for (int i = 0; i < variants.Count; i++)
    {
        double[] sorted = [.. results[i].Order()];
        double[] ratios = [.. results[i].Zip(results[2], (value, floor) => value / floor).Order()];
        Console.WriteLine($"  {variants[i].Name,-50} {sorted[rounds / 2],10:F0} {ratios[rounds / 2],8:F2}");
    }
}

using System.Globalization;
using Emleak.Recordings.Analysis;

namespace Emleak.Recordings.Tests.Analysis;

/// <summary>Series whose truth is known, with noise that remembers: thousands of each kind, the same each time.</summary>
public sealed class GrowthSimulationTests
{
    private const int Series = 2_000;
    private const int PerBucket = 8;

    // Times from 0 to 1; what a program holds, with 1 for its level.
    private static readonly Dictionary<string, Func<Random, Func<double, double>>> Harmless = new(StringComparer.Ordinal)
    {
        ["flat"] = static _ => static _ => 1,
        ["saw"] = static random => Saw(0.3 + random.NextDouble(), 5 + (random.NextDouble() * 20), random.NextDouble()),
        ["daily wave"] = static random => Wave(0.3, 2 + (random.NextDouble() * 3), random.NextDouble()),
        ["step"] = static random => Step(0.15 + (random.NextDouble() * 0.6), 0.2 + random.NextDouble()),
        ["saturating"] = static random => Saturating(0.04 + (random.NextDouble() * 0.16), 1 + random.NextDouble()),
        ["shrinking"] = static random => Line(-0.3 * (0.5 + random.NextDouble())),
        ["restart"] = static random => Step(0.2 + (random.NextDouble() * 0.6), -0.7),
        ["garbage collector"] = static random => Collections(random, 12 + (random.NextDouble() * 30)),
    };

    public static TheoryData<string, int> Kinds =>
        [.. Harmless.Keys.SelectMany(static kind => new[] { GrowthJudge.FewestBuckets, GrowthJudge.MostBuckets }, static (kind, buckets) => new TheoryDataRow<string, int>(kind, buckets))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_does_not_grow_is_hardly_ever_called_growing(string kind, int buckets)
    {
        Dictionary<GrowthWord, int> words = Simulate(Harmless[kind], buckets, noise: 0.02);
        TestContext.Current.SendDiagnosticMessage($"{kind}, {buckets} parts: {Text(words)}");
        Assert.InRange(words.GetValueOrDefault(GrowthWord.Growing), 0, Series / 100);
    }

    [Fact]
    public void A_leak_of_one_percent_an_hour_is_found_within_twelve_hours()
    {
        Dictionary<GrowthWord, int> words = Simulate(static _ => Line(0.12), GrowthJudge.FewestBuckets, noise: 0.01);
        TestContext.Current.SendDiagnosticMessage($"leak: {Text(words)}");
        Assert.InRange(words[GrowthWord.Growing], Series * 99 / 100, Series);
    }

    [Theory]
    [InlineData("step", GrowthWord.OneOff, 90)]
    [InlineData("saturating", GrowthWord.FillingCache, 80)]
    [InlineData("shrinking", GrowthWord.Shrinking, 95)]
    [InlineData("flat", GrowthWord.Stable, 95)]
    public void Most_get_their_own_word(string kind, object word, int percent)
    {
        Dictionary<GrowthWord, int> words = Simulate(Harmless[kind], GrowthJudge.MostBuckets, noise: 0.01);
        Assert.True(words.GetValueOrDefault((GrowthWord)word) >= Series * percent / 100, $"{kind}: {Text(words)}");
    }

    private static string Text(Dictionary<GrowthWord, int> words) =>
        string.Join(", ", words.OrderByDescending(word => word.Value).Select(word => string.Create(CultureInfo.InvariantCulture, $"{word.Key} {word.Value}")));

    private static Dictionary<GrowthWord, int> Simulate(Func<Random, Func<double, double>> kind, int buckets, double noise)
    {
        Dictionary<GrowthWord, int> words = [];
        double[] hours = [.. Enumerable.Range(0, buckets).Select(bucket => bucket + 0.5)];
        var minima = new double[buckets];
        for (int seed = 0; seed < Series; seed++)
        {
            Random random = new(seed);
            Func<double, double> truth = kind(random);
            double error = noise * Normal(random);
            for (int bucket = 0; bucket < buckets; bucket++)
            {
                minima[bucket] = double.MaxValue;
                for (int i = 0; i < PerBucket; i++)
                {
                    // Each value remembers the one before.
                    const double Memory = 0.7;
                    error = (Memory * error) + (noise * Math.Sqrt(1 - (Memory * Memory)) * Normal(random));
                    double value = truth((bucket + ((i + 0.5) / PerBucket)) / buckets) + error;
                    minima[bucket] = Math.Min(minima[bucket], Math.Round(value * (100 << 20)));
                }
            }

            GrowthWord word = GrowthJudge.Judge(hours, minima).Word;
            words[word] = words.GetValueOrDefault(word) + 1;
        }

        return words;
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static Func<double, double> Line(double rise) => t => 1 + (rise * t);

    private static Func<double, double> Saw(double height, double teeth, double phase) => t => 1 + (height * (((t * teeth) + phase) % 1));

    // A collector runs when it has a reason to, never to the second: each tooth has a length of its own.
    private static Func<double, double> Collections(Random random, double teeth)
    {
        List<double> starts = [-random.NextDouble() / teeth];
        while (starts[^1] < 1) starts.Add(starts[^1] + ((0.6 + (0.8 * random.NextDouble())) / teeth));
        return t => 1 + (2 * (t - starts.Last(start => start <= t)) * teeth);
    }

    private static Func<double, double> Wave(double height, double waves, double phase) => t => 1 + (height * Math.Sin(2 * Math.PI * ((t * waves) + phase)));

    private static Func<double, double> Step(double at, double height) => t => t < at ? 1 : 1 + height;

    private static Func<double, double> Saturating(double constant, double height) => t => 1 + (height * (1 - Math.Exp(-t / constant)));
}

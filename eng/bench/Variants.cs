using Emleak.Probes;

namespace Emleak.Bench;

/// <summary>Who looks at the traced programs, and how.</summary>
internal static class Variants
{
    public const string Bare = "nothing";
    public const string FloorName = "empty probes at the chosen spots: the floor";
    public const string Entries = "empty probes at the entries";
    public const string Exact = "emleak";
    public const string Sampled = "emleak --sample-bytes 512K";
    public const string Bpftrace = "bpftrace, the same pairing";
    private const string EmleakReady = "Successfully started";

    public static List<(string Name, IVariant Variant)> ForPairs(string emptyObject, string emleak, string? bpftrace, string? script)
    {
        List<(string, IVariant)> variants =
        [
            (Bare, new Nothing()),
            (FloorName, new Floor(emptyObject, ProbePlacement.Best, useLinks: false)),
            ("empty probes at the chosen spots, one session", new Floor(emptyObject, ProbePlacement.Best, useLinks: true)),
            (Entries, new Floor(emptyObject, ProbePlacement.Entry, useLinks: false)),
            (Exact, new Tracer([emleak, "-p"], EmleakReady)),
            (Sampled, new Tracer([emleak, "--sample-bytes", "512K", "-p"], EmleakReady)),
        ];
        if (bpftrace is not null) variants.Add((Bpftrace, new Tracer([bpftrace, script!, "-p"], "ready")));
        if (Environment.GetEnvironmentVariable("EMLEAK_STAGES") is string folder)
        {
            foreach (string file in Directory.GetFiles(folder, "*.stage.o").Order(StringComparer.Ordinal))
            {
                variants.Add((Path.GetFileName(file), new Programs(file)));
            }
        }

        return variants;
    }

    public static List<(string Name, IVariant Variant)> ForServer(string emptyObject, string emleak) =>
    [
        (Bare, new Nothing()),
        (FloorName, new Floor(emptyObject, ProbePlacement.Best, useLinks: false)),
        (Entries, new Floor(emptyObject, ProbePlacement.Entry, useLinks: false)),
        (Exact, new Tracer([emleak, "-p"], EmleakReady)),
        (Sampled, new Tracer([emleak, "--sample-bytes", "512K", "-p"], EmleakReady)),
    ];
}

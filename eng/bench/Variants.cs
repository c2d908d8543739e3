using Emleak.BpfLoader.Object;
using Emleak.Probes;
using Emleak.Tracing;

namespace Emleak.Bench;

/// <summary>Who looks at the traced programs, and how.</summary>
internal static class Variants
{
    public const string Bare = "nothing";
    public const string FloorName = "empty probes at the chosen spots: the floor";
    public const string Entries = "empty probes at the entries";
    public const string Exact = "emleak";
    public const string Sampled = "emleak --sample-bytes 512K";
    public const string FramePointers = "emleak --stack-walk frame-pointer";
    public const string FirstVisits = "emleak, every visit of a stack as the first one";
    public const string Bpftrace = "bpftrace, the same pairing";
    private const string EmleakReady = "Successfully started";

    public static List<Watcher> ForPairs(string emptyObject, string emleak, string? bpftrace, string? script, string stages)
    {
        List<Watcher> watchers =
        [
            .. Usual(emptyObject, emleak),
            new("empty probes at the chosen spots, one session", new Floor(emptyObject, ProbePlacement.Best, useLinks: true)),
            new(FramePointers, new Tracer([emleak, "--stack-walk", "frame-pointer", "-p"], EmleakReady)) { Loads = load => load.IsOfStacks },
            new(FirstVisits, new Programs(() => ForgetfulObject())) { Loads = load => load.IsOfStacks },
        ];
        if (bpftrace is not null) watchers.Add(new(Bpftrace, new Tracer([bpftrace, script!, "-p"], "ready", endsInSilence: true)) { Rounds = 1 });
        foreach (string file in Directory.GetFiles(stages, "*.stage.o").Order(StringComparer.Ordinal))
        {
            string left = Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(file)).Replace('-', ' ');
            watchers.Add(new($"emleak's programs, {left}", new Programs(() => BpfObject.Open(file))) { Loads = load => load == Load.All[0] });
        }

        return watchers;
    }

    public static List<Watcher> ForServer(string emptyObject, string emleak) => Usual(emptyObject, emleak);

    private static List<Watcher> Usual(string emptyObject, string emleak) =>
    [
        new(Bare, new Nothing()),
        new(FloorName, new Floor(emptyObject, ProbePlacement.Best, useLinks: false)),
        new(Entries, new Floor(emptyObject, ProbePlacement.Entry, useLinks: false)),
        new(Exact, new Tracer([emleak, "-p"], EmleakReady)),
        new(Sampled, new Tracer([emleak, "--sample-bytes", "512K", "-p"], EmleakReady)),
    ];

    private static BpfObject ForgetfulObject()
    {
        BpfObject spec = EmbeddedObject.Open("emleak.bpf.o");
        spec.SetConstant("remembers", (byte)0);
        return spec;
    }
}

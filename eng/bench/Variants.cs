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
            OneSession(emptyObject),
            new(FramePointers, new Tracer([emleak, "--stack-walk", "frame-pointer", "-p"], EmleakReady)) { Loads = load => load.IsOfStacks },
            FirstVisit() with { Loads = load => load.IsOfStacks },
        ];
        if (bpftrace is not null) watchers.Add(new(Bpftrace, new Tracer([bpftrace, script!, "-p"], "ready", endsInSilence: true)) { Rounds = 1 });
        watchers.AddRange(Stages(stages).Select(watcher => watcher with { Loads = load => load == Load.All[0] }));
        return watchers;
    }

    public static List<Watcher> ForServer(string emptyObject, string emleak, string stages) =>
        [.. Usual(emptyObject, emleak), OneSession(emptyObject), FirstVisit(), .. Stages(stages)];

    private static List<Watcher> Usual(string emptyObject, string emleak) =>
    [
        new(Bare, new Nothing()),
        new(FloorName, new Floor(emptyObject, ProbePlacement.Best, useLinks: false)),
        new(Entries, new Floor(emptyObject, ProbePlacement.Entry, useLinks: false)),
        new(Exact, new Tracer([emleak, "-p"], EmleakReady)),
        new(Sampled, new Tracer([emleak, "--sample-bytes", "512K", "-p"], EmleakReady)),
    ];

    private static Watcher OneSession(string emptyObject) =>
        new("empty probes at the chosen spots, one session", new Floor(emptyObject, ProbePlacement.Best, useLinks: true));

    private static Watcher FirstVisit() => new(FirstVisits, new Programs(ForgetfulObject));

    // emleak's own programs with something left out: where the time goes.
    private static IEnumerable<Watcher> Stages(string folder) =>
        from file in Directory.GetFiles(folder, "*.stage.o").Order(StringComparer.Ordinal)
        let left = Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(file)).Replace('-', ' ')
        select new Watcher($"emleak's programs, {left}", new Programs(() => BpfObject.Open(file)));

    private static BpfObject ForgetfulObject()
    {
        BpfObject spec = EmbeddedObject.Open("emleak.bpf.o");
        spec.SetConstant("remembers", (byte)0);
        return spec;
    }
}

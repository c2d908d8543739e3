using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Symbols;

namespace Emleak.Bench;

/// <summary>Empty programs at the places where emleak has its own.</summary>
internal sealed class Floor(string objectFile, int pid, ProbePlacement placement, bool useLinks) : IVariant
{
    private readonly List<BpfLink> _links = [];
    private BpfCollection? _programs;

    public void Start()
    {
        _programs = BpfObject.Open(objectFile).Load();
        using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
        TracingOptions options = new(pid, null, TimeSpan.FromSeconds(10), null, null, placement);
        foreach (Probe probe in new ProbePlanner(options).PlanNew(symbolizer.Modules))
        {
            if (probe.Function.Name is "malloc" or "free") Attach(probe, probe.Function.Programs.HasExit);
        }
    }

    public void Stop()
    {
        _links.ForEach(link => link.Dispose());
        _links.Clear();
        _programs?.Dispose();
    }

    private void Attach(Probe probe, bool hasExit)
    {
        if (useLinks)
        {
            UprobeMultiOptions options = new() { Pid = pid };
            _links.Add(_programs!.Programs[hasExit ? "empty_session" : "empty_multi"].AttachUprobes(probe.Path, [new UprobeSite(probe.FileOffset)], options));
            return;
        }

        if (hasExit) _links.Add(_programs!.Programs["empty_exit"].AttachUprobe(probe.Path, probe.FileOffset, new UprobeOptions { Pid = pid, IsReturn = true }));
        _links.Add(_programs!.Programs["empty_enter"].AttachUprobe(probe.Path, probe.FileOffset, new UprobeOptions { Pid = pid }));
    }
}

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
    /// <summary>The floor's place among the variants.</summary>
    public const int Index = 1;

    public IDisposable Start() => new Attached(objectFile, pid, placement, useLinks);

    private sealed class Attached : IDisposable
    {
        private readonly BpfCollection _programs;
        private readonly List<BpfLink> _links = [];
        private readonly int _pid;

        public Attached(string objectFile, int pid, ProbePlacement placement, bool useLinks)
        {
            _pid = pid;
            _programs = BpfObject.Open(objectFile).Load();
            using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
            TracingOptions options = new() { Placement = placement };
            foreach (Probe probe in new ProbePlanner(options).PlanNew(symbolizer.Modules))
            {
                if (probe.Function.Name is not ("malloc" or "free")) continue;
                if (useLinks) AttachLink(probe, probe.Function.Shape.HasReturn);
                else AttachPerfEvents(probe, probe.Function.Shape.HasReturn);
            }
        }

        public void Dispose()
        {
            _links.ForEach(link => link.Dispose());
            _programs.Dispose();
        }

        private void AttachLink(Probe probe, bool hasExit) => _links.Add(_programs.Programs[hasExit ? "empty_session" : "empty_multi"]
            .AttachUprobes(probe.Path, [new UprobeSite(probe.FileOffset)], new UprobeMultiOptions { Pid = _pid }));

        private void AttachPerfEvents(Probe probe, bool hasExit)
        {
            UprobeOptions entry = new() { Pid = _pid };
            if (hasExit) _links.Add(_programs.Programs["empty_exit"].AttachUprobe(probe.Path, probe.FileOffset, entry with { IsReturn = true }));
            _links.Add(_programs.Programs["empty_enter"].AttachUprobe(probe.Path, probe.FileOffset, entry));
        }
    }
}

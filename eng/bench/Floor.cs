using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.Cli;
using Emleak.BpfLoader.Object;
using Emleak.Probes;
using Emleak.Symbols;

namespace Emleak.Bench;

/// <summary>Empty programs at the places where emleak has its own, in the functions that the traced programs call often.</summary>
internal sealed class Floor(string objectFile, ProbePlacement placement, bool useLinks) : IVariant
{
    private static readonly string[] Functions = ["malloc", "calloc", "realloc", "free"];

    public IDisposable Start(int pid) => new Attached(objectFile, pid, placement, useLinks);

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
                if (!Functions.Contains(probe.Function.Name)) continue;
                if (useLinks) AttachLink(probe, probe.Function.Shape.HasReturn);
                else AttachPerfEvents(probe, probe.Function.Shape.HasReturn);
            }
        }

        public void Dispose()
        {
            new BpfLinks(_links).Dispose();
            _programs.Dispose();
        }

        private void AttachLink(Probe probe, bool hasExit) => _links.Add(_programs.Programs[hasExit ? "empty_session" : "empty_multi"]
            .AttachUprobes(probe.Path, [new UprobeSite(probe.Sites[^1].FileOffset)], new UprobeMultiOptions { Pid = _pid }));

        private void AttachPerfEvents(Probe probe, bool hasExit)
        {
            UprobeOptions entry = new() { Pid = _pid };
            if (hasExit) _links.Add(_programs.Programs["empty_exit"].AttachUprobe(probe.Path, probe.Sites[^1].FileOffset, entry with { IsReturn = true }));
            _links.Add(_programs.Programs["empty_enter"].AttachUprobe(probe.Path, probe.Sites[^1].FileOffset, entry));
        }
    }
}

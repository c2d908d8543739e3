using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Symbols;
using Emleak.Target;

namespace Emleak.Bench;

/// <summary>emleak's own programs from another object file, on malloc and free alone: for stages left out.</summary>
internal sealed class Programs(string objectFile, int pid) : IVariant
{
    public IDisposable Start() => new Attached(objectFile, pid);

    private sealed class Attached : IDisposable
    {
        private readonly BpfCollection _programs;
        private readonly IReadOnlyList<BpfLink> _links;

        public Attached(string objectFile, int pid)
        {
            using TargetProcess target = TargetProcess.Open(pid);
            ProbeAttacher attacher = new(target);
            BpfObject spec = BpfObject.Open(objectFile);
            spec.SetConstant("target_pid", (uint)pid);
            attacher.Prepare(spec);
            _programs = spec.Load();
            using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
            TracingOptions options = new();
            _links = attacher.Attach(_programs, new ProbePlanner(options).PlanNew(symbolizer.Modules));
        }

        public void Dispose()
        {
            foreach (BpfLink link in _links) link.Dispose();
            _programs.Dispose();
        }
    }
}

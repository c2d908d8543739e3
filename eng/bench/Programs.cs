using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Symbols;
using Emleak.Target;
using Emleak.Tracing;

namespace Emleak.Bench;

/// <summary>emleak's own programs from another object file, on malloc and free alone: for stages left out.</summary>
internal sealed class Programs(string objectFile) : IVariant
{
    public IDisposable Start(int pid) => new Attached(objectFile, pid);

    private sealed class Attached : IDisposable
    {
        private readonly TracingPrograms _programs;
        private readonly IReadOnlyList<BpfLink> _links;

        public Attached(string objectFile, int pid)
        {
            using TargetProcess target = TargetProcess.Open(pid);
            AttachMethod method = ProbeAttacher.Choose(hasFirstThread: true);
            ProbeAttacher attacher = new(target, method);
            _programs = TracingPrograms.Load(BpfObject.Open(objectFile), method, new TracingOptions());
            _programs.Aim(target);
            using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
            TracingOptions options = new();
            _links = attacher.Attach(_programs.Loaded, new ProbePlanner(options).PlanNew(symbolizer.Modules));
        }

        public void Dispose()
        {
            foreach (BpfLink link in _links) link.Dispose();
            _programs.Dispose();
        }
    }
}

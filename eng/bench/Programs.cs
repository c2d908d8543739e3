using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Cli;
using Emleak.Probes;
using Emleak.Symbols;
using Emleak.Target;
using Emleak.Tracing;
using Emleak.Tracing.Unwinding;

namespace Emleak.Bench;

/// <summary>emleak's own programs without the rest of it: as they cannot be had from its command line.</summary>
/// <param name="open">Gives the object, changed or with stages left out.</param>
internal sealed class Programs(Func<BpfObject> open) : IVariant
{
    public IDisposable Start(int pid) => new Attached(open(), pid);

    private sealed class Attached : IDisposable
    {
        private readonly TracingPrograms _programs;
        private readonly ProcessUnwinding _unwinding;
        private readonly IReadOnlyList<BpfLink> _links;

        public Attached(BpfObject spec, int pid)
        {
            using TargetProcess target = TargetProcess.Open(pid);
            AttachMethod method = ProbeAttacher.Choose(hasFirstThread: true);
            ProbeAttacher attacher = new(target, method);
            TracingOptions options = new();
            _programs = TracingPrograms.Load(spec, method, options);
            using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
            _unwinding = new ProcessUnwinding(_programs.Loaded.Maps);
            _unwinding.Update(symbolizer);
            _programs.Aim(target);
            _links = attacher.Attach(_programs.Loaded, new ProbePlanner(options).PlanNew(symbolizer.Modules));
        }

        public void Dispose()
        {
            new BpfLinks(_links).Dispose();
            _unwinding.Dispose();
            _programs.Dispose();
        }
    }
}

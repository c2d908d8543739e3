using Emleak.BpfLoader;
using Emleak.Cli;
using Emleak.Probes;

namespace Emleak.Tracing;

/// <summary>
/// The BPF programs of the next trace, loaded ahead: a process that has been stopped at its first instruction must not wait for
/// the kernel to verify them.
/// </summary>
internal sealed class ProgramStock : IDisposable
{
    private readonly TracingOptions _options;
    private readonly AttachMethod _usual = ProbeAttacher.Choose(hasFirstThread: true);
    private Task<TracingPrograms>? _next;

    public ProgramStock(TracingOptions options)
    {
        _options = options;
        Refill();
    }

    /// <summary>Begins to load programs if there are none.</summary>
    public void Refill() => _next ??= Load(_usual);

    /// <summary>Programs that are nobody else's. The caller disposes them.</summary>
    public Task<TracingPrograms> Take(AttachMethod method)
    {
        if (method != _usual || _next is null) return Load(method);
        Task<TracingPrograms> taken = _next;
        _next = null;
        return taken;
    }

    public void Dispose()
    {
        if (_next is null) return;
        try
        {
            _next.GetAwaiter().GetResult().Dispose();
        }
        catch (BpfException)
        {
            // Nobody needs them any more.
        }
    }

    private Task<TracingPrograms> Load(AttachMethod method) => Task.Run(() => TracingPrograms.Load(method, _options));
}

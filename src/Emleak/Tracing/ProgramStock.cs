using Emleak.BpfLoader.Kernel;
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
    private ProgramLoading? _next;

    public ProgramStock(TracingOptions options)
    {
        _options = options;
        // The programs are fitted to them when their maps are made: by then they should be there.
        if (options.KernelTypes is null) KernelBtf.ReadAhead();
        Refill();
    }

    /// <summary>Begins to load programs if there are none.</summary>
    public void Refill() => _next ??= new ProgramLoading(_usual, _options);

    /// <summary>Waits until there are programs, or it is known that the kernel refuses them, which is for who takes them.</summary>
    public void Await() => _next?.Await();

    /// <summary>Programs that are nobody else's. The caller disposes them.</summary>
    public ProgramLoading Take(AttachMethod method)
    {
        if (method != _usual || _next is null) return new ProgramLoading(method, _options);
        ProgramLoading taken = _next;
        _next = null;
        return taken;
    }

    public void Dispose() => _next?.Abandon();
}

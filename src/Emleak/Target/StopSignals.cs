using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary>Takes the signals that end a trace, so that it ends with its files written.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int InterruptSignal = 2;
    private const int QuitSignal = 3;
    private const int FirstUserSignal = 10;
    private const int SecondUserSignal = 12;

    private readonly ConcurrentQueue<int> _received = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private TargetProcess? _forward;

    public StopSignals()
    {
        // A shell starts a script's background jobs with these two ignored, and `kill -INT` is how such a trace is ended.
        Libc.TakeByDefault(InterruptSignal);
        Libc.TakeByDefault(QuitSignal);
        Descriptor = Libc.EventFd(0, CloseOnExec | NonBlocking);
        _registrations =
        [
            Take(PosixSignal.SIGHUP, 1), Take(PosixSignal.SIGINT, InterruptSignal),
            Take(PosixSignal.SIGQUIT, QuitSignal), Take(PosixSignal.SIGTERM, 15),
        ];
    }

    /// <summary>
    /// From now on signals are not for emleak but for a process that it has started. What a terminal sends, it sends to both by
    /// itself. Two more that mean something to many programs are taken, too.
    /// </summary>
    public void ForwardTo(TargetProcess process)
    {
        _forward = process;
        _registrations.Add(Take((PosixSignal)FirstUserSignal, FirstUserSignal));
        _registrations.Add(Take((PosixSignal)SecondUserSignal, SecondUserSignal));
    }

    /// <summary>Cancelled by the next signal, for what need not be waited for.</summary>
    public CancellationTokenSource? Impatience { get; set; }

    /// <summary>Readable when a signal has come.</summary>
    public int Descriptor { get; }

    /// <summary>The number of the next signal that has come and was not asked for yet.</summary>
    public bool TryTake(out int signal)
    {
        bool any = _received.TryDequeue(out signal);
        if (_received.IsEmpty) Libc.Lower(Descriptor);
        return any;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _ = Libc.Close(Descriptor);
    }

    private PosixSignalRegistration Take(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (_forward is TargetProcess process)
        {
            bool isFromTerminal = number is InterruptSignal or QuitSignal && Libc.IsInForeground();
            if (!isFromTerminal && process.Descriptor >= 0) _ = Libc.PidfdSendSignal(process.Descriptor, number);
            return;
        }

        _received.Enqueue(number);
        Impatience?.Cancel();
        Libc.Raise(Descriptor);
    });
}

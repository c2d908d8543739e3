using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary>Takes the signals that end a trace, so that it ends with its files written.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int HangUpSignal = 1;
    private const int InterruptSignal = 2;
    private const int QuitSignal = 3;
    private const int FirstUserSignal = 10;
    private const int SecondUserSignal = 12;
    private const int TerminationSignal = 15;
    private const int FileSizeSignal = 25;

    // The first ends the trace, the second all waiting for servers and readers, and the third emleak, as it is.
    private const int MostSignals = 3;

    private readonly ConcurrentQueue<int> _received = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ulong _leftAlone;
    private TargetProcess? _forward;
    private int _count;

    /// <param name="takesIgnored">
    /// A shell starts a script's background jobs with two of them ignored, and `kill -INT` is how such a trace is ended all the same. False
    /// when emleak starts a program: that must find them as emleak did.
    /// </param>
    public StopSignals(bool takesIgnored)
    {
        if (takesIgnored)
        {
            Libc.TakeByDefault(InterruptSignal);
            Libc.TakeByDefault(QuitSignal);
        }
        else
        {
            _leftAlone = ProcessStatus.IgnoredSignals();
        }

        Descriptor = Libc.EventFd(0, CloseOnExec | NonBlocking);
        foreach (int signal in (ReadOnlySpan<int>)[HangUpSignal, InterruptSignal, QuitSignal, TerminationSignal]) Take(signal);

        // With a limit on the size of files (ulimit -f) write(2) fails then, as on a full disk. Ignored, it would be for programs that we start, too.
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)FileSizeSignal, context => context.Cancel = true));
    }

    /// <summary>
    /// From now on signals are not for emleak but for a process that it has started; null: for emleak again. What a terminal sends, it sends to both by
    /// itself. Two more that mean something to many programs are taken, too.
    /// </summary>
    public void ForwardTo(TargetProcess? process)
    {
        _forward = process;
        if (process is null) return;
        Take(FirstUserSignal);
        Take(SecondUserSignal);
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

    private void Take(int number)
    {
        if ((_leftAlone >> (number - 1) & 1) == 0) _registrations.Add(PosixSignalRegistration.Create(SignalOf(number), context => Receive(number, context)));
    }

    // What shells say of a program that a signal has ended.
    private const int EndedBySignal = 128;

    // The class library has numbers of its own for those that every system has.
    private static PosixSignal SignalOf(int number) => number switch
    {
        HangUpSignal => PosixSignal.SIGHUP,
        InterruptSignal => PosixSignal.SIGINT,
        QuitSignal => PosixSignal.SIGQUIT,
        TerminationSignal => PosixSignal.SIGTERM,
        _ => (PosixSignal)number,
    };

    private void Receive(int number, PosixSignalContext context)
    {
        context.Cancel = true;
        if (_forward is TargetProcess process)
        {
            bool isFromTerminal = number is InterruptSignal or QuitSignal && Libc.IsInForeground();
            if (!isFromTerminal && process.Descriptor >= 0) _ = Libc.PidfdSendSignal(process.Descriptor, number);
            return;
        }

        if (Interlocked.Increment(ref _count) >= MostSignals) Libc.EndAtOnce(EndedBySignal + number);
        _received.Enqueue(number);
        Impatience?.Cancel();
        Libc.Raise(Descriptor);
    }
}

using System.Globalization;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Maps;
using Emleak.Tracing.Records;

namespace Emleak.Target;

/// <summary>
/// The processes that our programs have stopped (bpf/stops.h), and how they are continued: exactly those, and whatever happens.
/// A stop is on record in the kernel before its signal is sent, where emleak and its guard both see it.
/// </summary>
internal sealed class ProcessStops
{
    private const int ContinueSignal = 18;

    // SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU, as bits of the pending signals in /proc/PID/status.
    private const ulong StopSignalBits = 0b1111UL << 18;

    // Both maps have one entry.
    private const uint Only = 0;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly BpfMap<uint, Stop> _stops;
    private readonly BpfMap<uint, Continuation> _continued;

    public ProcessStops(BpfMap stops, BpfMap continued)
    {
        _stops = stops.As<uint, Stop>();
        _continued = continued.As<uint, Continuation>();
    }

    /// <summary>The stops in maps of another process; null when they are not to be had.</summary>
    public static ProcessStops? TryOpen(uint stopsId, uint continuedId)
    {
        try
        {
            return new ProcessStops(BpfMap.OpenById(stopsId), BpfMap.OpenById(continuedId));
        }
        catch (BpfException)
        {
            return null;
        }
    }

    /// <summary>Lets nobody be stopped from now on.</summary>
    public void Forbid() => _continued.Update(Only, Read(_continued) with { IsLast = 1 });

    /// <summary>Continues a process if it is we who have stopped it.</summary>
    public void Continue(int pid)
    {
        if (Read(_stops).Pid == pid) ContinueStopped();
    }

    /// <summary>Lets nobody be stopped, and continues whom we have stopped.</summary>
    public void ForbidAndContinue()
    {
        Forbid();
        ContinueStopped();
    }

    private static T Read<T>(BpfMap<uint, T> map)
        where T : unmanaged => map.TryLookup(Only, out T value) ? value : default;

    private void ContinueStopped()
    {
        Continuation continued = Read(_continued);
        if (Read(_stops).Begun == continued.Stops) return;

        // A signal that is about to be sent would stop the process after it was continued.
        Stop stop = default;
        SpinWait.SpinUntil(() => (stop = Read(_stops)).Sent == stop.Begun, Patience);
        Continue(stop, isSingle: stop.Begun - continued.Stops == 1);
        _continued.Update(Only, continued with { Stops = stop.Begun });
    }

    private static void Continue(in Stop stop, bool isSingle)
    {
        int pidfd = Libc.PidfdOpen((int)stop.Pid);
        if (pidfd < 0) return;
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{stop.Pid}");
        ProcessStatus? status = ProcessStatus.Read(folder);
        bool isSame = status?.StartTime == ProcessStatus.TicksOf(stop.StartTime);

        // SIGCONT takes back every stop signal that waits: if somebody else has sent one meanwhile, the process stays theirs.
        bool isTheirs = isSingle && status?.State == 'T' && HasPendingStop(folder);
        if (isSame && !isTheirs) _ = Libc.PidfdSendSignal(pidfd, ContinueSignal);
        _ = Libc.Close(pidfd);
    }

    private static bool HasPendingStop(string folder)
    {
        try
        {
            return File.ReadLines(folder + "/status")
                .Where(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal) || line.StartsWith("SigPnd:", StringComparison.Ordinal))
                .Any(line => (ulong.Parse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & StopSignalBits) != 0);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

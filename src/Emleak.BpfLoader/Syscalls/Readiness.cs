using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Waiting until a descriptor has something to read.</summary>
internal static unsafe class Readiness
{
    private const short PollIn = 1;

    /// <summary>True when there is something, false when <paramref name="timeout"/> is over; negative timeouts wait for ever.</summary>
    /// <exception cref="BpfException">poll(2) fails.</exception>
    public static bool Wait(BpfHandle handle, TimeSpan timeout)
    {
        using BpfHandle.Lease lease = handle.Borrow();
        Libc.PollDescriptor descriptor = new() { Descriptor = (int)lease.Descriptor, Events = PollIn };
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            int ready = Libc.Poll(&descriptor, 1, Remaining(timeout, start));
            if (ready >= 0) return ready > 0;
            Errno errno = (Errno)Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted) throw new BpfException("wait for a ring buffer", errno);
        }
    }

    private static int Remaining(TimeSpan timeout, long start)
    {
        if (timeout < TimeSpan.Zero) return -1;
        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}

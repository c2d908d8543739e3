using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Waiting until a descriptor, or one of a set of them, has something to read.</summary>
internal static unsafe class Readiness
{
    private const short PollIn = 1;
    private const int EpollCloseOnExec = 0x80000;
    private const int EpollAdd = 1;

    // struct epoll_event has 12 bytes on x86-64 and 16 elsewhere; the wanted events are the first four.
    private const int EpollEventSize = 16;

    /// <summary>A descriptor that is ready when one of those is that are added to it: an epoll(7) instance.</summary>
    /// <exception cref="BpfException">There are too many descriptors.</exception>
    public static BpfHandle CreateSet()
    {
        int descriptor = Libc.EpollCreate(EpollCloseOnExec);
        return descriptor >= 0 ? BpfHandle.Own(descriptor) : throw new BpfException("wait for several buffers", (Errno)Marshal.GetLastPInvokeError());
    }

    /// <summary>Adds a descriptor to a set; it leaves the set when it is closed.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static void Add(BpfHandle set, BpfHandle handle)
    {
        using BpfHandle.Lease setLease = set.Borrow();
        using BpfHandle.Lease lease = handle.Borrow();
        byte* wanted = stackalloc byte[EpollEventSize];
        *(uint*)wanted = (uint)PollIn;
        if (Libc.EpollControl((int)setLease.Descriptor, EpollAdd, (int)lease.Descriptor, wanted) < 0)
            throw new BpfException("wait for several buffers", (Errno)Marshal.GetLastPInvokeError());
    }

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
            if (errno != Errno.Interrupted) throw new BpfException("wait for records", errno);
        }
    }

    private static int Remaining(TimeSpan timeout, long start)
    {
        if (timeout < TimeSpan.Zero) return -1;
        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}

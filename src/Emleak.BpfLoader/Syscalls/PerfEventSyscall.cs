using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>perf_event_open(2) and the ioctls of what it opens.</summary>
internal static unsafe class PerfEventSyscall
{
    private const nint CloseOnExec = 8;
    private const nint NoGroup = -1;

    // _IO('$', 0) and _IOW('$', 8, __u32) of linux/perf_event.h.
    private const nuint EnableRequest = 0x2400;
    private const nuint SetBpfRequest = 0x4004_2408;

    public static Errno Open(PerfEventAttr* attr, int thread, int cpu, out BpfHandle? perfEvent)
    {
        attr->Size = (uint)sizeof(PerfEventAttr);
        nint descriptor;
        Errno errno;
        do
        {
            descriptor = Libc.Syscall(SyscallNumbers.PerfEventOpen, (nint)attr, thread, cpu, NoGroup, CloseOnExec);
            errno = descriptor < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        }
        while (errno == Errno.Interrupted);
        perfEvent = errno == Errno.None ? BpfHandle.Own((int)descriptor) : null;
        return errno;
    }

    public static Errno Enable(BpfHandle perfEvent) => Control(perfEvent, EnableRequest, 0);

    public static Errno SetProgram(BpfHandle perfEvent, BpfHandle program)
    {
        using BpfHandle.Lease lease = program.Borrow();
        return Control(perfEvent, SetBpfRequest, (nint)lease.Descriptor);
    }

    private static Errno Control(BpfHandle perfEvent, nuint request, nint argument)
    {
        using BpfHandle.Lease lease = perfEvent.Borrow();
        return Libc.Ioctl((int)lease.Descriptor, request, argument) < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }
}

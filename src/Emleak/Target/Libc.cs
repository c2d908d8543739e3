using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Target;

/// <summary>The few system calls that the class library does not offer.</summary>
internal static unsafe partial class Libc
{
    // One number on every architecture: these were added after they were unified.
    private const long PidfdSendSignalNumber = 424;
    private const long PidfdOpenNumber = 434;

    /// <summary>A descriptor that becomes readable when the last thread of a process has ended; -1 below kernel 5.3.</summary>
    public static int PidfdOpen(int pid) => (int)Syscall(PidfdOpenNumber, pid, 0, 0);

    /// <summary>Sends a signal to the process of a descriptor, and to no other that has its number now.</summary>
    public static bool PidfdSendSignal(int pidfd, int signal) => Syscall(PidfdSendSignalNumber, pidfd, signal, 0, 0) == 0;

    /// <summary>A descriptor that stands for a file and opens nothing: the file is whatever it is. Null when the path leads nowhere.</summary>
    public static SafeFileHandle? OpenPath(string path)
    {
        const int PathWithCloseOnExec = 0x280000;
        int descriptor = OpenFile(path, PathWithCloseOnExec);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Leaves the session and process group that this process was started in.</summary>
    public static void LeaveSession() => _ = NewSession();

    /// <summary>Gives the calling thread a name; the first thread's is what ps and killall take for the process's. At most 15 bytes.</summary>
    public static void SetName(string name)
    {
        const int SetNameOption = 15;
        _ = ControlProcess(SetNameOption, name);
    }

    /// <summary>A descriptor that is readable while its count is not zero.</summary>
    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint count, int flags);

    /// <summary>Ends that a signal is ignored because whoever started this program ignored it.</summary>
    public static void TakeByDefault(int signal) => _ = SetSignalHandler(signal, 0);

    /// <summary>True when this process's group is the one that its terminal sends signals to.</summary>
    public static bool IsInForeground()
    {
        const string Terminal = "/dev/tty";
        const int ReadOnlyWithoutControl = 0x80100;
        int terminal = OpenFile(Terminal, ReadOnlyWithoutControl);
        if (terminal < 0) return false;
        bool isInForeground = TerminalGroup(terminal) == ProcessGroup();
        _ = Close(terminal);
        return isInForeground;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "prctl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ControlProcess(int option, string argument);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int TerminalGroup(int terminal);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    private static partial int ProcessGroup();

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignalHandler(int signal, nint handler);

    /// <summary>Ends this process without another step.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void EndAtOnce(int code);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    /// <summary>Waits until one of the descriptors is readable. Returns early, with nothing set, on a signal.</summary>
    public static void Poll(Span<PollDescriptor> descriptors, TimeSpan timeout)
    {
        fixed (PollDescriptor* first = descriptors)
        {
            _ = Poll(first, (ulong)descriptors.Length, (int)Math.Ceiling(Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue)));
        }
    }

    /// <summary>True when a descriptor is readable now.</summary>
    public static bool IsReadable(int descriptor)
    {
        Span<PollDescriptor> one = [PollDescriptor.ForReading(descriptor)];
        Poll(one, TimeSpan.Zero);
        return one[0].IsReady;
    }

    /// <summary>Sets an eventfd's count to something that is not zero.</summary>
    public static void Raise(int descriptor)
    {
        ulong one = 1;
        _ = Write(descriptor, &one, sizeof(ulong));
    }

    /// <summary>Sets an eventfd's count back to zero.</summary>
    public static void Lower(int descriptor)
    {
        ulong count;
        _ = Read(descriptor, &count, sizeof(ulong));
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second, long third, long fourth = 0);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, ulong count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, void* bytes, nuint count);
}

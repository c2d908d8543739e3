using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Launch;

/// <summary>
/// Holds a program that emleak starts before its first instruction, where it cannot wait there by itself (below Linux 6.18): as
/// a debugger does, which nobody but the two can see. A process of its own does that, since the class library asks for all that
/// happens to emleak's children. Whatever becomes of this process or of emleak, the kernel lets the program go.
/// </summary>
internal sealed partial class StartHold : IDisposable
{
    /// <summary>The argument that makes emleak the one who holds; the process follows.</summary>
    public const string Argument = "--hold";

    private const string Held = "held";

    private readonly Process _holder;

    private StartHold(Process holder) => _holder = holder;

    /// <summary>Takes hold of a process that is about to execute a program. Null when that cannot be done.</summary>
    public static StartHold? TryTake(int pid)
    {
        Process holder = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Argument, pid.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        StartHold hold = new(holder);
        if (holder.StandardOutput.ReadLine() == Held) return hold;
        hold.Dispose();
        return null;
    }

    /// <summary>Lets the program go.</summary>
    public void Dispose()
    {
        _holder.StandardInput.Close();
        _holder.WaitForExit();
        _holder.Dispose();
    }

    /// <summary>What the process does that holds.</summary>
    public static ExitCode Run(int pid)
    {
        const int Seize = 0x4206, Detach = 17, Continue = 7;
        const nint StopAtExec = 0x10;
        const int ExecStop = 5 | 4 << 8;
        // What a terminal sends is meant for the program.
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, PosixSignal.SIGTSTP];
        PosixSignalRegistration[] registrations =
            [.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        if (Trace(Seize, pid, 0, StopAtExec) != 0) return ExitCode.Failure;
        Console.Out.WriteLine(Held);
        while (WaitForStop(pid) is int stop)
        {
            if (stop == ExecStop)
            {
                // The other end is closed when emleak has probed it, or has died.
                _ = Console.In.ReadLine();
                _ = Trace(Detach, pid, 0, 0);
                break;
            }

            // A signal on its way. What stops the process as a whole has no number of its own here.
            bool isSignal = stop >> 8 == 0;
            _ = Trace(Continue, pid, 0, isSignal ? stop : 0);
        }

        GC.KeepAlive(registrations);
        return ExitCode.Success;
    }

    // Null when it has ended.
    private static int? WaitForStop(int pid)
    {
        const int AnyChild = 0x40000000, Interrupted = 4;
        while (true)
        {
            if (WaitPid(pid, out int status, AnyChild) == pid) return (status & 0xff) == 0x7f ? status >> 8 : null;
            if (Marshal.GetLastPInvokeError() != Interrupted) return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint Trace(int request, int pid, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, out int status, int options);
}

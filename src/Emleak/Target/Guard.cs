using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.Symbols.Process;

namespace Emleak.Target;

/// <summary>
/// A second process that outlives emleak by the moment that an orderly end takes, when emleak is killed, and then
/// has a .NET runtime end the list of names that emleak had it write. Probes need no guard: the kernel removes them
/// (see <see cref="Probes.BreakpointSweep"/>).
/// </summary>
internal sealed class Guard : IManagedNamesWitness, IDisposable
{
    /// <summary>The argument that makes emleak a guard; the process to guard follows.</summary>
    public const string Argument = "--guard-of";

    // Another one than emleak's: who kills every emleak by name kills no guard.
    private const string ProcessName = "em-guard";

    private const string WritesNames = "names";
    private const string HasSettled = "settled";

    private readonly Lock _talk = new();
    private Process? _guard;

    private Guard(Process? guard) => _guard = guard;

    /// <summary>Starts the guard. Where it cannot be started there is none, and emleak works without.</summary>
    public static Guard Start()
    {
        string? program = Environment.ProcessPath;
        // Run as "dotnet emleak.dll", the program is not emleak.
        if (program is null || Path.GetFileName(program) == "dotnet") return new Guard(null);
        ProcessStartInfo start = new(program, [Argument, $"{Environment.ProcessId}"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            return new Guard(Process.Start(start));
        }
        catch (Win32Exception)
        {
            return new Guard(null);
        }
    }

    /// <inheritdoc/>
    public void Asked(ManagedRuntime runtime) => Tell(WritesNames, runtime.Pid, (long)runtime.StartTime);

    /// <inheritdoc/>
    public void Settled(ManagedRuntime runtime) => Tell(HasSettled, runtime.Pid, (long)runtime.StartTime);

    /// <summary>Ends the guard.</summary>
    public void Dispose()
    {
        lock (_talk)
        {
            if (_guard is null) return;
            try
            {
                _guard.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has gone already.
            }

            _guard.WaitForExit();
            _guard.Dispose();
            _guard = null;
        }
    }

    /// <summary>What the second process does: keeps what it is told to until the first one has ended.</summary>
    public static ExitCode Run()
    {
        Libc.SetName(ProcessName);
        Libc.LeaveSession();
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, PosixSignal.SIGTSTP];
        PosixSignalRegistration[] registrations =
            [.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        HashSet<ManagedRuntime> runtimes = [];
        while (Console.In.ReadLine() is string line)
        {
            string[] words = line.Split(' ');
            long[] numbers = [.. words.Skip(1).Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            Console.Out.WriteLine(words[0] switch
            {
                WritesNames => runtimes.Add(RuntimeOf(numbers)),
                HasSettled => runtimes.Remove(RuntimeOf(numbers)),
                _ => false,
            });
        }

        foreach (ManagedRuntime runtime in runtimes) runtime.StopNaming();
        GC.KeepAlive(registrations);
        return ExitCode.Success;
    }

    private static ManagedRuntime RuntimeOf(long[] numbers) => new((int)numbers[0], (ulong)numbers[1]);

    private string? Tell(string what, params long[] numbers)
    {
        // Traces that end and the one that begins talk to it at the same time.
        lock (_talk)
        {
            if (_guard is null) return null;
            try
            {
                _guard.StandardInput.WriteLine($"{what} {string.Join(' ', numbers)}");
                _guard.StandardInput.Flush();
                return _guard.StandardOutput.ReadLine();
            }
            catch (IOException)
            {
                // The guard has gone.
                return null;
            }
        }
    }
}

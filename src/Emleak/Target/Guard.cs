using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Links;
using Emleak.Symbols.Process;

namespace Emleak.Target;

/// <summary>
/// A second process that outlives emleak by the moment that an orderly end takes, when emleak is killed. It does two things then.
/// It has a .NET runtime end the list of names that emleak had it write. And it closes the links, which it holds too: a process that is killed
/// closes its own with the fatal signal pending, and then the kernel may give up taking a breakpoint out and leave it in the
/// target ("failed to unregister, leaking uprobe": uprobe_unregister reads the target's memory, and that is interrupted).
/// </summary>
internal sealed class Guard : IManagedNamesWitness, IDisposable
{
    /// <summary>The argument that makes emleak a guard; the process to guard follows.</summary>
    public const string Argument = "--guard-of";

    private const string HoldLink = "link";
    private const string LetGo = "release";
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

    /// <summary>Gives links into the guard's hands too.</summary>
    public void Hold(IEnumerable<BpfLink> links)
    {
        foreach (BpfLink link in links) Tell(HoldLink, link.FileDescriptor);
    }

    /// <inheritdoc/>
    public void Asked(ManagedRuntime runtime) => Tell(WritesNames, runtime.Pid, (long)runtime.StartTime);

    /// <inheritdoc/>
    public void Settled(ManagedRuntime runtime) => Tell(HasSettled, runtime.Pid, (long)runtime.StartTime);

    /// <summary>Makes the guard close links that it holds: they end when we close them.</summary>
    public void Release(IEnumerable<BpfLink> links)
    {
        foreach (BpfLink link in links) Tell(LetGo, link.FileDescriptor);
    }

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
    public static ExitCode Run(int guarded)
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, PosixSignal.SIGTSTP];
        PosixSignalRegistration[] registrations =
            [.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        int process = Libc.PidfdOpen(guarded);
        Dictionary<int, int> links = [];
        HashSet<ManagedRuntime> runtimes = [];
        while (Console.In.ReadLine() is string line)
        {
            string[] words = line.Split(' ');
            long[] numbers = [.. words.Skip(1).Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            Console.Out.WriteLine(words[0] switch
            {
                HoldLink => TakeLink(process, (int)numbers[0], links),
                WritesNames => runtimes.Add(RuntimeOf(numbers)),
                HasSettled => runtimes.Remove(RuntimeOf(numbers)),
                _ => LetLinkGo((int)numbers[0], links),
            });
        }

        // A runtime last: one that is stopped does not answer.
        foreach (int link in links.Values) _ = Libc.Close(link);
        foreach (ManagedRuntime runtime in runtimes) runtime.StopNaming();
        GC.KeepAlive(registrations);
        return ExitCode.Success;
    }

    private static ManagedRuntime RuntimeOf(long[] numbers) => new((int)numbers[0], (ulong)numbers[1]);

    private static bool TakeLink(int process, int link, Dictionary<int, int> links)
    {
        int own = process < 0 ? -1 : Libc.PidfdGetFd(process, link);
        if (own >= 0) links[link] = own;
        return own >= 0;
    }

    private static bool LetLinkGo(int link, Dictionary<int, int> links) => links.Remove(link, out int own) && Libc.Close(own) == 0;

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
                // The guard has gone. The links are still ours.
                return null;
            }
        }
    }
}

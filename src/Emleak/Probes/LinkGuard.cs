using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Links;
using Emleak.Target;

namespace Emleak.Probes;

/// <summary>
/// A second process that holds the links, too. A process that is killed closes its links with the fatal signal pending,
/// and then the kernel may give up taking a breakpoint out and leave it in the target ("failed to unregister, leaking
/// uprobe": uprobe_unregister reads the target's memory, and that is interrupted). The guard is not killed: it outlives
/// emleak by the moment that an orderly end takes.
/// </summary>
internal sealed class LinkGuard : IDisposable
{
    /// <summary>The argument that makes emleak a guard; the process to guard follows.</summary>
    public const string Argument = "--guard-links-of";

    private Process? _guard;

    private LinkGuard(Process? guard) => _guard = guard;

    /// <summary>Starts the guard. Where it cannot be started there is none, and emleak works without.</summary>
    public static LinkGuard Start()
    {
        string? program = Environment.ProcessPath;
        // Run as "dotnet emleak.dll", the program is not emleak.
        if (program is null || Path.GetFileName(program) == "dotnet") return new LinkGuard(null);
        ProcessStartInfo start = new(program, [Argument, $"{Environment.ProcessId}"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            return new LinkGuard(Process.Start(start));
        }
        catch (Win32Exception)
        {
            return new LinkGuard(null);
        }
    }

    /// <summary>Gives links into the guard's hands too.</summary>
    public void Hold(IEnumerable<BpfLink> links)
    {
        if (_guard is null) return;
        try
        {
            foreach (BpfLink link in links)
            {
                _guard.StandardInput.WriteLine(link.FileDescriptor.ToString(CultureInfo.InvariantCulture));
                _guard.StandardInput.Flush();
                _guard.StandardOutput.ReadLine();
            }
        }
        catch (IOException)
        {
            // The guard has gone. The links are still ours.
        }
    }

    /// <summary>Ends the guard: from here on the links end when we close them.</summary>
    public void Dispose()
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

    /// <summary>What the second process does: holds what it is told to until the first one has ended.</summary>
    public static ExitCode Run(int guarded)
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        PosixSignalRegistration[] registrations =
            [.. signals.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true))];
        int process = Libc.PidfdOpen(guarded);
        while (Console.In.ReadLine() is string line)
        {
            // Kept open until this process ends.
            bool isHeld = process >= 0 && Libc.PidfdGetFd(process, int.Parse(line, CultureInfo.InvariantCulture)) >= 0;
            Console.Out.WriteLine(isHeld);
        }

        GC.KeepAlive(registrations);
        return ExitCode.Success;
    }
}

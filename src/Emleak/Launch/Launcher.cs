using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Emleak.Target;

namespace Emleak.Launch;

/// <summary>
/// Starts a program by way of a second emleak, which waits until it is being watched and then executes the program in its place.
/// So there is no moment at which the program runs unwatched.
/// </summary>
internal sealed class Launcher : IDisposable
{
    /// <summary>The argument that makes emleak the second one.</summary>
    public const string Argument = "--launch";

    private const string OwnIdentity = "own";

    private readonly AnonymousPipeServerStream _start = new(PipeDirection.Out, HandleInheritability.None);
    private readonly Process _process;

    /// <param name="path">The program's file.</param>
    /// <param name="words">What it is called as, and its arguments.</param>
    /// <param name="identity">As whom it is started; null for emleak's own user.</param>
    public Launcher(string path, IEnumerable<string> words, Identity? identity)
    {
        string pipe = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_start.ClientSafePipeHandle.DangerousGetHandle()}");
        _process = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, [Argument, pipe, identity?.ToString() ?? OwnIdentity, DescriptorLimit.Found, path, .. words]) { UseShellExecute = false })!;
    }

    /// <summary>The process that is the program from <see cref="Go"/> on.</summary>
    public int Pid => _process.Id;

    /// <summary>Lets the program begin.</summary>
    public void Go()
    {
        _start.WriteByte(1);
        _start.Flush();
    }

    /// <summary>Waits for the end. The exit code, or 128 and the number of the signal that ended it.</summary>
    public int WaitForExit()
    {
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _start.Dispose();
        _process.Dispose();
    }

    /// <summary>What the second emleak does.</summary>
    public static ExitCode Become(string pipe, string identity, string descriptors, string path, string[] words)
    {
        using (FileStream start = new(pipe, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0))
        {
            // Emleak has ended before it came to this: so has its program.
            if (start.ReadByte() < 0) return ExitCode.Failure;
        }

        DescriptorLimit.Restore(descriptors);
        if (identity != OwnIdentity) Exec.Adopt(Identity.Parse(identity));
        Exec.Replace(path, words);
        return ExitCode.ProgramNotExecutable;
    }
}

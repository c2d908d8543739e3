using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader;

/// <summary>
/// The kernel refuses a program. The message ends with what tells: the program, the verifier's reason, the last
/// instruction it looked at, and the source line that instruction comes from.
/// </summary>
public sealed class VerifierException : BpfException
{
    internal VerifierException(string programName, Errno errno, string reason, string log, string message)
        : base(errno, message)
    {
        ProgramName = programName;
        Reason = reason;
        Log = log;
    }

    /// <summary>The program that was refused.</summary>
    public string ProgramName { get; }

    /// <summary>What the verifier says is wrong, one line or a few.</summary>
    public string Reason { get; }

    /// <summary>All that the verifier says.</summary>
    public string Log { get; }
}

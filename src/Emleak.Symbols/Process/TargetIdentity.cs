using System.Globalization;

namespace Emleak.Symbols.Process;

/// <summary>As whom a process makes files.</summary>
/// <param name="User">Its file system user id, as seen from here.</param>
/// <param name="InnermostId">Its process id in its own pid namespace: the one it knows of itself.</param>
/// <param name="StartTime">When it began, in the kernel's clock ticks.</param>
internal sealed record TargetIdentity(uint User, int InnermostId, ulong StartTime)
{
    /// <summary>Reads it from <c>/proc/PID/status</c> (proc_pid_status(5)); null when the process has gone.</summary>
    public static TargetIdentity? Read(int pid)
    {
        uint? user = null;
        int innermost = pid;
        try
        {
            foreach (string line in File.ReadLines($"/proc/{pid}/status"))
            {
                // Real, effective, saved, file system.
                if (line.StartsWith("Uid:", StringComparison.Ordinal)) user = uint.Parse(LastWord(line), CultureInfo.InvariantCulture);
                else if (line.StartsWith("NSpid:", StringComparison.Ordinal)) innermost = int.Parse(LastWord(line), CultureInfo.InvariantCulture);
            }

            return user is uint known ? new TargetIdentity(known, innermost, ReadStartTime(pid)) : null;
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }
    }

    // The second field, the name, may hold anything: count from its closing parenthesis.
    private static ulong ReadStartTime(int pid)
    {
        const int StartTimeAfterName = 20;
        string status = File.ReadAllText($"/proc/{pid}/stat");
        return ulong.Parse(status[(status.LastIndexOf(')') + 1)..].Split(' ')[StartTimeAfterName], CultureInfo.InvariantCulture);
    }

    private static ReadOnlySpan<char> LastWord(string line) => line.AsSpan(line.LastIndexOf('\t') + 1);
}

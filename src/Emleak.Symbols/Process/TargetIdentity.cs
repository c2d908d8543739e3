using System.Globalization;

namespace Emleak.Symbols.Process;

/// <summary>As whom a process makes files.</summary>
/// <param name="User">Its file system user id, as seen from here.</param>
/// <param name="InnermostId">Its process id in its own pid namespace: the one it knows of itself.</param>
internal sealed record TargetIdentity(uint User, int InnermostId)
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
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            return null;
        }

        return user is uint known ? new TargetIdentity(known, innermost) : null;
    }

    private static ReadOnlySpan<char> LastWord(string line) => line.AsSpan(line.LastIndexOf('\t') + 1);
}

using System.Globalization;

namespace Emleak.Target;

/// <summary>Finds processes that run a program of a name, as the programs in the kernel do for those that begin (bpf/process.bpf.c).</summary>
internal static class RunningPrograms
{
    /// <summary>Bytes of a name that the kernel keeps for a thread.</summary>
    public const int CommLength = 15;

    /// <summary>The process of this name that has run longest, other than this one and those that were refused; or null.</summary>
    public static Candidate? FindOldest(string name, IReadOnlySet<Candidate> refused)
    {
        Candidate? oldest = null;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)) continue;
            if (pid == Environment.ProcessId || !HasName(folder, name)) continue;
            if (ProcessStatus.Read(folder) is not { IsKernelThread: false, HasEnded: false } status) continue;
            Candidate found = new(pid, status.StartTime);
            if (refused.Contains(found) || status.Parent == Environment.ProcessId) continue;
            if (oldest is null || status.StartTime < oldest.Value.StartTime) oldest = found;
        }

        return oldest;
    }

    private static bool HasName(string folder, string name)
    {
        try
        {
            // A longer name is compared whole: its first bytes may be another program's, too.
            if (name.Length <= CommLength && File.ReadAllText(folder + "/comm").TrimEnd('\n') == name) return true;
            string? program = new FileInfo(folder + "/exe").LinkTarget;
            const string Deleted = " (deleted)";
            if (program?.EndsWith(Deleted, StringComparison.Ordinal) == true) program = program[..^Deleted.Length];
            return program is not null && Path.GetFileName(program) == name;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is a kernel thread, which runs no program.
            return false;
        }
    }
}

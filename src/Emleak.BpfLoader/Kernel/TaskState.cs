namespace Emleak.BpfLoader.Kernel;

/// <summary>What proc(5) tells of a thread.</summary>
internal static class TaskState
{
    /// <summary>
    /// True when the thread has ended and only waits to be collected: a process's first thread does so until all others have
    /// ended. False when nothing is known of it.
    /// </summary>
    public static bool HasEnded(int thread)
    {
        try
        {
            // "PID (NAME) STATE ...", where the name may contain anything.
            string text = File.ReadAllText($"/proc/{thread}/stat");
            int name = text.LastIndexOf(") ", StringComparison.Ordinal);
            return name >= 0 && text.AsSpan(name + 2) is ['Z' or 'X', ..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

using System.Globalization;

namespace Emleak.Target;

/// <summary>The process namespace that emleak itself lives in (pid_namespaces(7)).</summary>
internal static class PidNamespace
{
    // PROC_PID_INIT_INO of include/linux/proc_ns.h: the machine's own.
    private const uint Initial = 0xEFFFFFFC;

    /// <summary>Its number; 0 for the machine's own, and where there are none.</summary>
    public static uint Own { get; } = Read();

    private static uint Read()
    {
        // "pid:[4026531836]"
        string? link = new FileInfo("/proc/self/ns/pid").LinkTarget;
        if (link is null) return 0;
        uint number = uint.Parse(link[(link.IndexOf('[', StringComparison.Ordinal) + 1)..^1], CultureInfo.InvariantCulture);
        return number == Initial ? 0 : number;
    }
}

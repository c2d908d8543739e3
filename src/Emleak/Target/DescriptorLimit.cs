using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary>
/// How many descriptors this process may have: as many as it is allowed, since a process that is traced may have hundreds of libraries. A
/// program that is started gets the limit that emleak had found.
/// </summary>
internal static partial class DescriptorLimit
{
    // RLIMIT_NOFILE, equal on x86-64 and aarch64.
    private const int Descriptors = 7;

    private static Limit _found;

    /// <summary>The limit that emleak has found, in one word.</summary>
    public static string Found => string.Create(CultureInfo.InvariantCulture, $"{_found.Soft}");

    /// <summary>Takes as many as it may.</summary>
    public static void Raise()
    {
        if (Get(Descriptors, out _found) != 0) return;
        Limit raised = _found with { Soft = _found.Hard };
        _ = Set(Descriptors, in raised);
    }

    /// <summary>Sets the limit back to what another emleak had found.</summary>
    public static void Restore(string found)
    {
        if (!ulong.TryParse(found, NumberStyles.None, CultureInfo.InvariantCulture, out ulong soft) || soft == 0 || Get(Descriptors, out Limit limit) != 0) return;
        Limit restored = limit with { Soft = Math.Min(soft, limit.Hard) };
        _ = Set(Descriptors, in restored);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int Get(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int Set(int resource, in Limit limit);

    /// <summary><c>struct rlimit</c> (getrlimit(2)).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Soft, ulong Hard);
}

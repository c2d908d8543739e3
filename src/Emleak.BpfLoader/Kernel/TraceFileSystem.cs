using System.Globalization;
using Emleak.Elf;

namespace Emleak.BpfLoader.Kernel;

/// <summary>tracefs, where the kernel numbers its tracepoints. Nobody has to have mounted it.</summary>
internal static class TraceFileSystem
{
    private const string Mounts = "/proc/self/mounts";
    private const string KernelType = "tracefs";

    /// <summary>The number that perf_event_open(2) knows a tracepoint by.</summary>
    /// <exception cref="BpfException">tracefs is not mounted, may not be read, or has no such tracepoint.</exception>
    /// <exception cref="MalformedDataException">The kernel's number is none.</exception>
    public static uint FindTracepoint(string group, string name)
    {
        string root = FindRoot() ?? throw new BpfException(
            $"cannot look up tracepoint {group}/{name}: tracefs is not mounted; mount it (mount -t tracefs tracefs /sys/kernel/tracing), " +
            "or attach to the tracepoint as a raw tracepoint, which does not need it");
        string path = Path.Combine(root, "events", group, name, "id");
        try
        {
            string text = File.ReadAllText(path).Trim();
            return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
                ? id
                : throw new MalformedDataException(path, 0, $"'{text}' is not a number");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BpfException($"this kernel has no tracepoint {group}/{name}: {path} is missing", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BpfException(
                $"cannot look up tracepoint {group}/{name}: {path} may not be read; this needs root, or an attachment as a raw tracepoint", e);
        }
    }

    /// <summary>The names of the kernel's functions that can be probed.</summary>
    /// <exception cref="BpfException">tracefs is not mounted, may not be read, or has no such list.</exception>
    public static IEnumerable<string> ProbeableFunctions()
    {
        const string Problem = "cannot look up the kernel's functions by a pattern";
        string root = FindRoot() ?? throw new BpfException($"{Problem}: tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing)");
        try
        {
            // "name", and "[module]" behind it.
            return [.. File.ReadLines(Path.Combine(root, "available_filter_functions")).Select(static line => line.Split(' ', '\t')[0])];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"{Problem}: {SystemError.Describe(e)}", e);
        }
    }

    private static string? FindRoot()
    {
        foreach (string line in File.ReadLines(Mounts))
        {
            // DEVICE FOLDER TYPE OPTIONS ..., with blanks of the folder written as \040.
            if (line.Split(' ') is [_, string folder, KernelType, ..]) return folder.Replace(@"\040", " ", StringComparison.Ordinal);
        }

        return null;
    }
}

using System.Globalization;

namespace Emleak.Recorder;

/// <summary>Files of the kernel with a line for each amount of memory: "VmRSS:	    5124 kB" (proc_pid_status(5), proc_meminfo(5)).</summary>
internal static class KernelFields
{
    /// <summary>The amounts by name, in bytes; none when the file cannot be read.</summary>
    public static Dictionary<string, long> Read(string path)
    {
        Dictionary<string, long> fields = new(StringComparer.Ordinal);
        foreach (string line in Lines(path))
        {
            // Names of processes, which may hold anything, have no colon of ours before them.
            string[] parts = line.Split((char[])[':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (parts is [string name, string number, "kB"] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value)) fields[name] = value << 10;
        }

        return fields;
    }

    /// <summary>The lines of a file; none when it cannot be read.</summary>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

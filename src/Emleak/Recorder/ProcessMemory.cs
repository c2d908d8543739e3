using System.Globalization;
using Emleak.Recordings.Model;
using Emleak.Target;

namespace Emleak.Recorder;

/// <summary>A process's memory as the kernel accounts for it.</summary>
internal static class ProcessMemory
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>Reads it. What cannot be read is not known.</summary>
    public static ProcessNumbers Read(TargetProcess target)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Pid}");
        Dictionary<string, long> status = KernelFields.Read($"{folder}/status");
        (long? current, long? limit) = ReadGroup($"{folder}/cgroup");

        // The number may be another process's by now.
        if (target.HasExited) return ProcessNumbers.Unknown;
        return new ProcessNumbers
        {
            Rss = Find("VmRSS"),
            Anonymous = Find("RssAnon"),
            File = Find("RssFile"),
            Shared = Find("RssShmem"),
            Swap = Find("VmSwap"),
            CgroupCurrent = current,
            CgroupLimit = limit,
        };

        long? Find(string field) => status.TryGetValue(field, out long value) ? value : null;
    }

    private static (long? Current, long? Limit) ReadGroup(string file)
    {
        foreach (string line in KernelFields.Lines(file))
        {
            string[] parts = line.Split(':', 3);
            // A group outside of our own namespace is not below our folder.
            if (parts.Length < 3 || parts[2].Contains("/..", StringComparison.Ordinal)) continue;
            if (parts[1].Length == 0) return ReadGroup(Groups, parts[2], "memory.current", "memory.max");
            if (parts[1].Split(',').Contains("memory", StringComparer.Ordinal)) return ReadGroup(Groups + "/memory", parts[2], "memory.usage_in_bytes", "memory.limit_in_bytes");
        }

        return (null, null);
    }

    // The smallest limit on the way up counts (Documentation/admin-guide/cgroup-v2.rst, memory.max).
    private static (long? Current, long? Limit) ReadGroup(string root, string path, string currentName, string limitName)
    {
        // What the first version writes for "no limit".
        const long Unlimited = long.MaxValue >> 12 << 12;
        long? limit = null;
        string folder = root + path.TrimEnd('/');
        long? current = Number($"{folder}/{currentName}");
        for (; folder.Length >= root.Length; folder = folder[..folder.LastIndexOf('/')])
        {
            if (Number($"{folder}/{limitName}") is long next && next < Unlimited && (limit is null || next < limit)) limit = next;
        }

        return (current, limit);
    }

    private static long? Number(string path) =>
        KernelFields.Lines(path) is [string text, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
}

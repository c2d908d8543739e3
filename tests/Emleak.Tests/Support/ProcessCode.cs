using System.Globalization;

namespace Emleak.Tests.Support;

/// <summary>Executable pages of a process as it has them: breakpoints show.</summary>
internal static class ProcessCode
{
    public static byte[] Of(int pid, string library)
    {
        string line = File.ReadLines($"/proc/{pid}/maps").First(l => l.Contains("r-xp", StringComparison.Ordinal) && l.EndsWith(library, StringComparison.Ordinal));
        string[] range = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
        long start = long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        long end = long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var code = new byte[end - start];
        using FileStream memory = new($"/proc/{pid}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        memory.Position = start;
        memory.ReadExactly(code);
        return code;
    }

    /// <summary>Where a process's code differs from the files that it has mapped, or from one of them: file and offset of each byte.</summary>
    public static IReadOnlyList<(string File, long Offset)> Changes(int pid, string? only = null)
    {
        List<(string, long)> changes = [];
        using FileStream memory = new($"/proc/{pid}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        foreach (string[] fields in File.ReadLines($"/proc/{pid}/maps").Select(line => line.Split(' ', 6)))
        {
            string path = fields[5].TrimStart();
            if (!fields[1].Contains('x', StringComparison.Ordinal) || !path.StartsWith('/') || (only ?? path) != path) continue;
            long[] range = [.. fields[0].Split('-').Select(word => long.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            long offset = long.Parse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            byte[] mapped = new byte[range[1] - range[0]], stored = new byte[mapped.Length];
            memory.Position = range[0];
            memory.ReadExactly(mapped);
            using FileStream file = File.OpenRead(path);
            file.Position = offset;
            int length = file.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false);
            for (int i = 0; i < length; i++)
            {
                if (mapped[i] != stored[i]) changes.Add((path, offset + i));
            }
        }

        return changes;
    }
}

using System.Globalization;

namespace Emleak.Tests.Support;

/// <summary>What one call path holds.</summary>
internal sealed record Hold(string Path, long Bytes, long Count)
{
    /// <summary>What a workload said, one entry for each path.</summary>
    public static IReadOnlyList<Hold> ReadFrom(string output)
    {
        List<Hold> said = [];
        foreach (string line in output.Split('\n'))
        {
            if (line.Split(' ') is ["hold", string path, string bytes, string count])
            {
                said.Add(new Hold(path, long.Parse(bytes, CultureInfo.InvariantCulture), long.Parse(count, CultureInfo.InvariantCulture)));
            }
        }

        return [.. said
            .GroupBy(hold => hold.Path)
            .Select(group => new Hold(group.Key, group.Sum(hold => hold.Bytes), group.Sum(hold => hold.Count)))
            .OrderBy(hold => hold.Path, StringComparer.Ordinal)];
    }
}

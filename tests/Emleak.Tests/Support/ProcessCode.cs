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
}

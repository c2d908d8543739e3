using System.Globalization;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Addresses of the running kernel's symbols.</summary>
internal static class KernelSymbols
{
    private const string Source = "/proc/kallsyms";

    /// <summary>Whether the kernel has a symbol, which it tells everybody.</summary>
    public static bool Has(string name)
    {
        foreach (string line in File.ReadLines(Source))
        {
            if (TryParse(line, out _, out ReadOnlySpan<char> known) && known.SequenceEqual(name)) return true;
        }

        return false;
    }

    /// <summary>The addresses of those of <paramref name="names"/> that the kernel tells; the first of symbols of one name.</summary>
    public static Dictionary<string, ulong> Find(IReadOnlySet<string> names)
    {
        Dictionary<string, ulong> found = new(StringComparer.Ordinal);
        var lookup = new HashSet<string>(names, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (string line in File.ReadLines(Source))
        {
            if (!TryParse(line, out ulong address, out ReadOnlySpan<char> name) || !lookup.TryGetValue(name, out string? known)) continue;
            // All addresses are 0 to those who may not know them.
            if (address != 0) found.TryAdd(known, address);
            if (found.Count == names.Count) break;
        }

        return found;
    }

    /// <summary><c>ffffffff81000000 T _stext</c>, and <c>[module]</c> behind a tab.</summary>
    private static bool TryParse(string line, out ulong address, out ReadOnlySpan<char> name)
    {
        name = default;
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        if (!ulong.TryParse(line.AsSpan(0, Math.Max(space, 0)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address)) return false;
        if (line.Length <= space + 3) return false;
        name = line.AsSpan(space + 3);
        int end = name.IndexOf('\t');
        if (end >= 0) name = name[..end];
        return true;
    }
}

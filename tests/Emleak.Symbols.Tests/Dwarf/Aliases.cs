using Emleak.Elf.Tests;

namespace Emleak.Symbols.Tests.Dwarf;

/// <summary>
/// Which names of a file stand for one address: a symbol table may give a function several, and symbolizers choose
/// differently.
/// </summary>
internal sealed class Aliases
{
    private readonly Dictionary<string, HashSet<string>> _addresses = [];

    public static Aliases Read(Workshop workshop, string path)
    {
        Aliases aliases = new();
        using FileSymbolizer symbolizer = FileSymbolizer.Open(path);
        aliases.Add(workshop.Run("llvm-nm-19", symbolizer.DebugFilePath ?? path));
        aliases.Add(workshop.Run("llvm-nm-19", "-D", path));
        return aliases;
    }

    /// <summary>True when all lines are equal, up to the choice between names of the outermost function.</summary>
    public bool AreSame(string[] left, string[] right)
    {
        if (left.AsSpan().SequenceEqual(right)) return true;
        return left.Length == right.Length && left.AsSpan(0, left.Length - 2).SequenceEqual(right.AsSpan(0, right.Length - 2))
            && left[^1] == right[^1]
            && (WithoutVersion(left[^2]) == WithoutVersion(right[^2]) || (Find(left[^2]) is { } one && Find(right[^2]) is { } two && one.Overlaps(two)));
    }

    private HashSet<string>? Find(string name) => _addresses.GetValueOrDefault(WithoutVersion(name));

    private static string WithoutVersion(string name) => name.Split('@')[0];

    private void Add(string listing)
    {
        foreach (string line in listing.Split('\n'))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 3) continue;
            string name = WithoutVersion(parts[^1]);
            if (!_addresses.TryGetValue(name, out HashSet<string>? known)) _addresses.Add(name, known = []);
            known.Add(parts[0]);
        }
    }
}

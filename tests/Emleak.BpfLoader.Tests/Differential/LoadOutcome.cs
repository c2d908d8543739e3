namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>What a loader made of an object: the kernel's translation of each program by name, or why there is none.</summary>
internal sealed record LoadOutcome(IReadOnlyDictionary<string, IReadOnlyList<string>> Programs, string? Refusal)
{
    /// <summary>The programs and their types, as the kernel calls them.</summary>
    public string Types { get; init; } = "";

    public static LoadOutcome Refused(string why) => new(new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal), why);

    /// <summary>Null when both loaders came to the same; else the first difference.</summary>
    public string? DifferenceTo(LoadOutcome other)
    {
        if (Refusal is not null || other.Refusal is not null)
            return Refusal == other.Refusal ? null : $"'{Refusal ?? "loads"}', not '{other.Refusal ?? "loads"}'";
        string names = string.Join(' ', Programs.Keys.Order(StringComparer.Ordinal));
        string otherNames = string.Join(' ', other.Programs.Keys.Order(StringComparer.Ordinal));
        if (names != otherNames) return $"programs {names}, not {otherNames}";
        foreach ((string name, IReadOnlyList<string> mine) in Programs)
        {
            IReadOnlyList<string> theirs = other.Programs[name];
            for (int i = 0; i < Math.Min(mine.Count, theirs.Count); i++)
            {
                if (mine[i] != theirs[i]) return $"{name}, instruction {i} of {mine.Count}: {mine[i]}, not {theirs[i]}";
            }

            if (mine.Count != theirs.Count) return $"{name}: {mine.Count} instructions, not {theirs.Count}";
        }

        return null;
    }
}

using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>How the stacks of a trace ended, whether they still hold something or not.</summary>
/// <param name="maxDepth">Where stacks were cut, in frames.</param>
internal sealed class WalkEndings(int maxDepth)
{
    private readonly Dictionary<StackEnding, (long Stacks, ulong Bytes)> _byEnding = [];
    private readonly Dictionary<string, (long Stacks, ulong Bytes)> _lostIn = [];

    /// <summary>Where stacks were cut, in frames.</summary>
    public int MaxDepth { get; } = maxDepth;

    /// <summary>All stacks.</summary>
    public long Stacks => _byEnding.Values.Sum(part => part.Stacks);

    /// <summary>All bytes allocated on them, released or not.</summary>
    public ulong Bytes => _byEnding.Values.Aggregate(0UL, (sum, part) => sum + part.Bytes);

    /// <summary>Where stacks were lost, by the module's path: the worst first.</summary>
    public IEnumerable<(string Module, long Stacks, ulong Bytes)> LostIn =>
        _lostIn.OrderByDescending(part => part.Value.Bytes).Select(part => (part.Key, part.Value.Stacks, part.Value.Bytes));

    /// <summary>The stacks that ended so, and what was allocated on them.</summary>
    public (long Stacks, ulong Bytes) this[StackEnding ending] => _byEnding.GetValueOrDefault(ending);

    /// <summary>Counts a stack.</summary>
    /// <param name="ending">How its walk ended.</param>
    /// <param name="bytes">All bytes allocated on it.</param>
    /// <param name="lostIn">For a lost one, what code it was lost in.</param>
    public void Add(StackEnding ending, ulong bytes, string? lostIn)
    {
        Count(_byEnding, ending, bytes);
        if (lostIn is not null) Count(_lostIn, lostIn, bytes);
    }

    private static void Count<TKey>(Dictionary<TKey, (long Stacks, ulong Bytes)> parts, TKey key, ulong bytes)
        where TKey : notnull
    {
        (long stacks, ulong sum) = parts.GetValueOrDefault(key);
        parts[key] = (stacks + 1, sum + bytes);
    }
}

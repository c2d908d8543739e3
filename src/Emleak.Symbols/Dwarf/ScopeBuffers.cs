using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>What is gathered on the way through a unit. Used again for the next one.</summary>
internal sealed class ScopeBuffers
{
    // A unit that needed more leaves its memory to the collector.
    private const int MaxKept = 1 << 18;

    /// <summary>The functions and inlined calls, in the order of their entries.</summary>
    public List<Scope> Scopes { get; private set; } = [];

    /// <summary>The addresses that each of them claims.</summary>
    public List<Interval> Intervals { get; private set; } = [];

    /// <summary>The functions and calls around the current entry, and how deep their entries are.</summary>
    public Stack<(int Depth, int Scope)> Open { get; private set; } = new();

    /// <summary>Makes the indexes.</summary>
    public IntervalMapBuilder Maps { get; } = new();

    public void Clear()
    {
        if (Scopes.Capacity > MaxKept) Scopes = [];
        if (Intervals.Capacity > MaxKept) Intervals = [];
        if (Open.Capacity > MaxKept) Open = new();
        Scopes.Clear();
        Intervals.Clear();
        Open.Clear();
    }
}

namespace Emleak.Bench;

/// <summary>A way of looking at the traced programs, as a row of the tables.</summary>
/// <param name="Name">What the row is called.</param>
/// <param name="Variant">The way.</param>
internal sealed record Watcher(string Name, IVariant Variant)
{
    /// <summary>In how many rounds it is measured at most: what is slow to start and far from the others needs no more than one.</summary>
    public int Rounds { get; init; } = int.MaxValue;

    /// <summary>The loads that it is measured under.</summary>
    public Func<Load, bool> Loads { get; init; } = _ => true;
}

namespace Emleak.Bench;

/// <summary>What the traced program does.</summary>
internal sealed record Load(int Threads, int Depth, long Live)
{
    /// <summary>The ones that are measured.</summary>
    public static IReadOnlyList<Load> All { get; } =
        [new(1, 2, 1000), new(1, 16, 1000), new(1, 64, 1000), new(2, 2, 1000), new(2, 16, 1000), new(2, 64, 1000), new(1, 2, 1_000_000), new(2, 2, 1_000_000)];

    /// <summary>One of those that differ by nothing but the stacks' depth.</summary>
    public bool IsOfStacks => Threads == 1 && Live == 1000;

    public override string ToString() => $"{Threads} thread{(Threads == 1 ? "" : "s")}, depth {Depth}, {Live:N0} live";
}

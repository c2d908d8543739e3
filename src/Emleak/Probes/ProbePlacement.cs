namespace Emleak.Probes;

/// <summary>Where in a function the probe goes.</summary>
internal enum ProbePlacement
{
    /// <summary>The cheapest instruction at which the probe still sees what it would see at the entry.</summary>
    Best,

    /// <summary>The first instruction.</summary>
    Entry,
}

namespace Emleak.Probes;

/// <summary>What the user has said about how functions are probed.</summary>
/// <param name="Placement">Where in a function the first probe goes.</param>
/// <param name="UsesExitsAlways">True to replace no return address at all.</param>
/// <param name="AllowsUnsafeReturns">True to replace return addresses even where that may end the process, if there is no other way.</param>
internal sealed record ProbeRules(ProbePlacement Placement, bool UsesExitsAlways, bool AllowsUnsafeReturns);

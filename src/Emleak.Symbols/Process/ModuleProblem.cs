namespace Emleak.Symbols.Process;

/// <summary>Why a module's file cannot be used.</summary>
/// <param name="Reason">What kind of problem it is.</param>
/// <param name="Detail">What happened, for people.</param>
public sealed record ModuleProblem(MissingReason Reason, string Detail);

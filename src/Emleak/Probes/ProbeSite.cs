namespace Emleak.Probes;

/// <summary>A place in a function that programs run at.</summary>
/// <param name="FileOffset">Where it is, in the file.</param>
/// <param name="Cookie">What the programs must know of it.</param>
/// <param name="HasReturn">True when a return probe belongs to it.</param>
/// <param name="IsEmulated">True when the kernel emulates the instruction, so that a hit costs one exception and not two.</param>
internal sealed record ProbeSite(ulong FileOffset, ulong Cookie, bool HasReturn, bool IsEmulated);

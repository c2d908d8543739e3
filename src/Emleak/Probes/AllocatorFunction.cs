namespace Emleak.Probes;

/// <summary>A function that allocates or releases.</summary>
/// <param name="Name">The function, as it is stored in symbol tables or, if it is the user's own, as it stands in the source.</param>
/// <param name="Shape">What it does with memory, and where its arguments are.</param>
/// <param name="Kind">Whose it is.</param>
internal sealed record AllocatorFunction(string Name, FunctionShape Shape, FunctionKind Kind);

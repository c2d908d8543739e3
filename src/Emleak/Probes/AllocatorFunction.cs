namespace Emleak.Probes;

/// <summary>A function that allocates or releases.</summary>
/// <param name="Name">The function, as it is stored in symbol tables or, if it is the user's own, as it stands in the source.</param>
/// <param name="Shape">What it does with memory, and where its arguments are.</param>
/// <param name="Kind">Whose it is.</param>
internal sealed record AllocatorFunction(string Name, FunctionShape Shape, FunctionKind Kind)
{
    /// <summary>
    /// True when it may be left by an exception, or on another stack: where its return address must not be replaced. C++ has two
    /// operators for each purpose, one that throws and one that says in its name that it does not; of the user's own functions nothing is known.
    /// </summary>
    public bool MayThrow => Kind == FunctionKind.Custom || (IsOperator && !Name.Contains("nothrow", StringComparison.Ordinal));

    private bool IsOperator => Kind == FunctionKind.Operator || OperatorsInC.Any(start => Name.StartsWith(start, StringComparison.Ordinal));

    private static string[] OperatorsInC { get; } = ["tc_new", "mi_new", "mi_heap_alloc_new"];
}

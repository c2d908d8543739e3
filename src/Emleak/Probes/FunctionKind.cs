namespace Emleak.Probes;

/// <summary>Whose an allocator function is, and so in which modules it counts.</summary>
internal enum FunctionKind
{
    /// <summary>The user's own: wherever it is.</summary>
    Custom,

    /// <summary>An allocator's, under its standard name or with a prefix.</summary>
    Heap,

    /// <summary>C++ operators: only where the module has an allocator of its own that they do not merely call.</summary>
    Operator,

    /// <summary>The system's mappings.</summary>
    Mapping,
}

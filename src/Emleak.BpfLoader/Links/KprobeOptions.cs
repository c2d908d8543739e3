namespace Emleak.BpfLoader.Links;

/// <summary>How a kprobe is attached.</summary>
public sealed record KprobeOptions
{
    /// <summary>Bytes from the function's start to the instruction; 0 for return probes.</summary>
    public ulong Offset { get; init; }

    /// <summary>Runs the program when the function returns, instead of when the instruction is reached.</summary>
    public bool IsReturn { get; init; }

    /// <summary>What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 5.15. Null: none.</summary>
    public ulong? Cookie { get; init; }
}

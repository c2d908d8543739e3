namespace Emleak.BpfLoader.Links;

/// <summary>How a uprobe is attached.</summary>
public sealed record UprobeOptions
{
    /// <summary>
    /// The only process whose memory gets the breakpoint; null: every process that has the file mapped, now and later.
    /// It is the id of a <em>thread</em> that must be alive: the probe is bound to that thread, and goes silent when it
    /// ends, even though other threads of its process live on.
    /// </summary>
    public int? Pid { get; init; }

    /// <summary>Runs the program when the function returns, instead of when the instruction is reached.</summary>
    public bool IsReturn { get; init; }

    /// <summary>
    /// Where in the file a 16-bit counter is that the kernel counts up in every process while the probe is there, as USDT probes have it; since
    /// kernel 4.20. 0: there is none.
    /// </summary>
    public ulong SemaphoreOffset { get; init; }

    /// <summary>What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 5.15. Null: none.</summary>
    public ulong? Cookie { get; init; }
}

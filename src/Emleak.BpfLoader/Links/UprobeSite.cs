namespace Emleak.BpfLoader.Links;

/// <summary>One instruction of a file.</summary>
/// <param name="FileOffset">Where it is in the file: not its address.</param>
/// <param name="Cookie">What the program gets from <c>bpf_get_attach_cookie</c> when it runs there.</param>
public readonly record struct UprobeSite(ulong FileOffset, ulong Cookie = 0)
{
    /// <summary>
    /// Where in the file a 16-bit counter is that the kernel counts up in every process while the probe is there, as USDT probes have it; since
    /// kernel 4.20. 0: there is none.
    /// </summary>
    public ulong SemaphoreOffset { get; init; }
}

namespace Emleak.BpfLoader.Links;

/// <summary>How a USDT program is attached.</summary>
public sealed record UsdtOptions
{
    /// <summary>The only process that the program runs for, see <see cref="UprobeOptions.Pid"/>; null: every process that has the file mapped.</summary>
    public int? Pid { get; init; }

    /// <summary>What the program gets from <c>bpf_usdt_cookie</c>.</summary>
    public ulong Cookie { get; init; }
}

namespace Emleak.BpfLoader.Links;

/// <summary>How a netfilter program is attached.</summary>
public sealed record NetfilterOptions
{
    /// <summary>
    /// When it runs among what else is at the hook: lower numbers first. The lowest and the highest number are the kernel's own. -200 is where
    /// connections are tracked, 0 where iptables' table <c>filter</c> is (<c>enum nf_ip_hook_priorities</c>).
    /// </summary>
    public int Priority { get; init; } = -1;

    /// <summary>Shows fragments put together only; the priority must be above -400. Since kernel 6.6.</summary>
    public bool Defragment { get; init; }
}

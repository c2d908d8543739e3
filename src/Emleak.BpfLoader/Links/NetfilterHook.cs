namespace Emleak.BpfLoader.Links;

/// <summary>Where on a packet's way through the IP stack netfilter calls (<c>enum nf_inet_hooks</c>).</summary>
public enum NetfilterHook
{
    /// <summary>All that come in, before routing.</summary>
    PreRouting = 0,

    /// <summary>Those for this machine.</summary>
    LocalIn = 1,

    /// <summary>Those for others.</summary>
    Forward = 2,

    /// <summary>Those that this machine makes.</summary>
    LocalOut = 3,

    /// <summary>All that go out, after routing.</summary>
    PostRouting = 4,
}

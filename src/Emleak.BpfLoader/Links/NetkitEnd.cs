namespace Emleak.BpfLoader.Links;

/// <summary>Which end of a netkit pair's packets a program sees. Both kinds of programs are attached to the primary device.</summary>
public enum NetkitEnd
{
    /// <summary>Those that the primary device sends (<c>netkit/primary</c>).</summary>
    Primary,

    /// <summary>Those that its peer, in another namespace as a rule, sends (<c>netkit/peer</c>).</summary>
    Peer,
}

namespace Emleak.BpfLoader.Links;

/// <summary>Which packets netfilter shows a program.</summary>
public enum NetfilterFamily
{
    /// <summary>Those of IPv4.</summary>
    IPv4 = 2,

    /// <summary>Those of IPv6.</summary>
    IPv6 = 10,
}

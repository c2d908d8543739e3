namespace Emleak.BpfLoader.Links;

/// <summary>Where on a packet's way an XDP program runs.</summary>
public enum XdpMode
{
    /// <summary>In the driver if it can, else in the network stack.</summary>
    Best = 0,

    /// <summary>In the network stack, with every driver; slower (<c>XDP_FLAGS_SKB_MODE</c>).</summary>
    Generic = 1 << 1,

    /// <summary>In the driver (<c>XDP_FLAGS_DRV_MODE</c>).</summary>
    Driver = 1 << 2,

    /// <summary>On the network card (<c>XDP_FLAGS_HW_MODE</c>); the program must have been loaded for it.</summary>
    Hardware = 1 << 3,
}

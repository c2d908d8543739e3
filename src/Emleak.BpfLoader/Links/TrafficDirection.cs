namespace Emleak.BpfLoader.Links;

/// <summary>Which packets of a network device a traffic-control program sees.</summary>
public enum TrafficDirection
{
    /// <summary>Those that the device has received.</summary>
    Ingress,

    /// <summary>Those that it is about to send.</summary>
    Egress,
}

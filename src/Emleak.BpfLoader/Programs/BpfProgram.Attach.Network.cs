using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;

namespace Emleak.BpfLoader.Programs;

/// <summary>The ways of attaching to networks and control groups.</summary>
public sealed partial class BpfProgram
{
    /// <summary>
    /// Runs an XDP program (<c>xdp</c>) on every packet that a network device receives. By a link since kernel 5.9, before that by netlink, since
    /// 4.8; a device has one program.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="mode">Where on the packet's way.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EBUSY: the device has a program already.</exception>
    public BpfLink AttachXdp(NetworkDevice device, XdpMode mode = XdpMode.Best) => XdpAttachment.Attach(this, device, mode);

    /// <summary>
    /// Runs a traffic-control program (<c>tc</c>, <c>tcx/ingress</c>) on the packets of a network device. By a link since kernel 6.6 (tcx), before that as
    /// a filter of the queueing discipline <c>clsact</c>, since 4.5, which is made and stays.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="direction">Which packets.</param>
    /// <param name="order">Where among other programs; since kernel 6.6. Null: last.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; ENODEV: there is no such device.</exception>
    public BpfLink AttachTrafficControl(NetworkDevice device, TrafficDirection direction, AttachOrder? order = null) =>
        TrafficControlAttachment.Attach(this, device, direction, order);

    /// <summary>Runs a traffic-control program (<c>netkit/primary</c>, <c>netkit/peer</c>) on the packets of a netkit pair. Since kernel 6.7.</summary>
    /// <param name="device">The primary device.</param>
    /// <param name="end">Whose packets.</param>
    /// <param name="order">Where among other programs. Null: last.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; ENXIO: the device is no netkit device.</exception>
    public BpfLink AttachNetkit(NetworkDevice device, NetkitEnd end, AttachOrder? order = null) => NetkitAttachment.Attach(this, device, end, order);

    /// <summary>
    /// Runs a program for the processes of a control group and of those below it: sections <c>cgroup/...</c>, <c>cgroup_skb/...</c>, <c>sockops</c>,
    /// <c>lsm_cgroup/HOOK</c>. By a link since kernel 5.7, before that by BPF_PROG_ATTACH, since 4.10.
    /// </summary>
    /// <param name="folder">The group's folder in a file system of version 2 (<c>cgroup2</c>).</param>
    /// <param name="order">Where among other programs; since kernel 6.16. Null: last.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EBADF: the folder is not a control group's.</exception>
    public BpfLink AttachCgroup(string folder, AttachOrder? order = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return CgroupAttachment.Attach(this, folder, order);
    }

    /// <summary>Runs a netfilter program (<c>netfilter</c>) on the packets of the calling thread's network namespace. Since kernel 6.4.</summary>
    /// <param name="family">Which packets.</param>
    /// <param name="hook">Where on their way.</param>
    /// <param name="options">When among what else is there; null: shortly before iptables' table <c>filter</c>.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EBUSY or EEXIST: another program has this priority.</exception>
    public BpfLink AttachNetfilter(NetfilterFamily family, NetfilterHook hook, NetfilterOptions? options = null) =>
        NetfilterAttachment.Attach(this, family, hook, options ?? new NetfilterOptions());

    /// <summary>
    /// Runs a program that chooses sockets (<c>sk_lookup</c>, since kernel 5.9) or takes packets apart (<c>flow_dissector</c>, since 5.8 by a link,
    /// since 5.3 by BPF_PROG_ATTACH) in a network namespace.
    /// </summary>
    /// <param name="path">The namespace's file: <c>/proc/PID/ns/net</c>, <c>/run/netns/NAME</c>; null: that of the calling thread.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EEXIST: there is one, of the kinds of which there may be one.</exception>
    public BpfLink AttachNetworkNamespace(string? path = null) => NetworkNamespaceAttachment.Attach(this, path);

    /// <summary>
    /// Runs a program (<c>sk_msg</c>, <c>sk_skb/...</c>) on what the sockets in a map send or receive. By a link since kernel 6.10, before that by
    /// BPF_PROG_ATTACH, since 4.14.
    /// </summary>
    /// <param name="map">The map, of type SOCKMAP or SOCKHASH.</param>
    /// <exception cref="InvalidOperationException">The program or the map is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EBUSY: the map has a program of this kind.</exception>
    public BpfLink AttachSockets(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return SocketMapAttachment.Attach(this, map);
    }
}

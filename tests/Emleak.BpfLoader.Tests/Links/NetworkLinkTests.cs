using System.Net;
using System.Net.Sockets;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to networks, by links and by what was before them, and the packets that they see.</summary>
public sealed class NetworkLinkTests
{
    private const string Counting = """
        u64 hits, others;
        SEC("KIND") int counts(void *ctx) { __sync_fetch_and_add(&hits, 1); return PASS; }
        SEC("KIND") int counts_others(void *ctx) { __sync_fetch_and_add(&others, 1); return PASS; }
        """;

    private static NetworkDevice Loopback => NetworkDevice.Find("lo");

    [Theory]
    [InlineData(AttachWay.Best, true)]
    [InlineData(AttachWay.Link, true)]
    [InlineData(AttachWay.Old, false)]
    internal void Xdp_sees_every_packet_until_it_is_detached(AttachWay way, bool isLink) => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("xdp", "2");
        using (BpfLink link = XdpAttachment.Attach(loaded.Programs["counts"], Loopback, XdpMode.Generic, way)) Counts(loaded, link, isLink);
        IsSilent(loaded);
    });

    [Fact]
    public void Xdp_drops_packets() => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("xdp", "1");
        using (loaded.Programs["counts"].AttachXdp(Loopback)) Assert.Equal(0, NetworkSandbox.Send(5));
        Assert.Equal(5, NetworkSandbox.Send(5));
        Assert.Equal(5ul, loaded.ReadVariable<ulong>("hits"));
    });

    [Fact]
    public void Xdp_runs_in_a_driver_that_can() => NetworkSandbox.Run(() =>
    {
        Tools.Run("ip", "link add name one type veth peer name two");
        using BpfCollection loaded = Load("xdp", "2");
        using BpfLink link = loaded.Programs["counts"].AttachXdp(NetworkDevice.Find("two"), XdpMode.Driver);
        Assert.Contains("xdp", Tools.Run("ip", "link show two"), StringComparison.Ordinal);
        Tools.Run("ip", "link set one up");
        Tools.Run("ip", "link set two up");
        // IPv6 looks for neighbours on its own.
        Assert.True(SpinWait.SpinUntil(() => loaded.ReadVariable<ulong>("hits") > 0, TimeSpan.FromSeconds(10)));
        BpfException refused = Assert.Throws<BpfException>(() => loaded.Programs["counts"].AttachXdp(NetworkDevice.Find("two"), XdpMode.Driver));
        Assert.Contains("has an XDP program already", refused.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(AttachWay.Best, TrafficDirection.Ingress, true)]
    [InlineData(AttachWay.Best, TrafficDirection.Egress, true)]
    [InlineData(AttachWay.Old, TrafficDirection.Ingress, false)]
    [InlineData(AttachWay.Old, TrafficDirection.Egress, false)]
    internal void Traffic_control_sees_every_packet_until_it_is_detached(AttachWay way, TrafficDirection direction, bool isLink) => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("tc", "0");
        using (BpfLink link = TrafficControlAttachment.Attach(loaded.Programs["counts"], Loopback, direction, order: null, way)) Counts(loaded, link, isLink);
        IsSilent(loaded);
    });

    [Fact]
    public void Filters_do_not_disturb_each_other() => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("tc", "-1");
        using (TrafficControlAttachment.Attach(loaded.Programs["counts"], Loopback, TrafficDirection.Ingress, null, AttachWay.Old))
        {
            using (TrafficControlAttachment.Attach(loaded.Programs["counts_others"], Loopback, TrafficDirection.Ingress, null, AttachWay.Old)) NetworkSandbox.Send(3);
            NetworkSandbox.Send(4);
        }

        Assert.Equal((7ul, 3ul), (loaded.ReadVariable<ulong>("hits"), loaded.ReadVariable<ulong>("others")));
        Assert.DoesNotContain("bpf", Tools.Run("tc", "filter show dev lo ingress"), StringComparison.Ordinal);
    });

    [Fact]
    public void Programs_run_in_the_order_that_is_asked_for() => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = BpfSource.Compile("""
            u64 order;
            SEC("tcx/ingress") int one(void *ctx) { order = order * 10 + 1; return -1; }
            SEC("tcx/ingress") int two(void *ctx) { order = order * 10 + 2; return -1; }
            SEC("tcx/ingress") int three(void *ctx) { order = order * 10 + 3; return -1; }
            SEC("tcx/ingress") int four(void *ctx) { order = order * 10 + 4; return -1; }
            """).Load();
        BpfLink Attach(string name, AttachOrder? order) => loaded.Programs[name].AttachTrafficControl(Loopback, TrafficDirection.Ingress, order);
        using BpfLink one = Attach("one", null);
        using BpfLink two = Attach("two", AttachOrder.First);
        using BpfLink three = Attach("three", AttachOrder.After(two));
        using BpfLink four = Attach("four", AttachOrder.Before(loaded.Programs["one"]));
        NetworkSandbox.Send(1);
        Assert.Equal(2341ul, loaded.ReadVariable<ulong>("order"));
    });

    [Theory]
    [InlineData(NetfilterHook.LocalIn)]
    [InlineData(NetfilterHook.LocalOut)]
    [InlineData(NetfilterHook.PostRouting)]
    public void Netfilter_sees_every_packet_until_it_is_detached(NetfilterHook hook) => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("netfilter", "1");
        using (BpfLink link = loaded.Programs["counts"].AttachNetfilter(NetfilterFamily.IPv4, hook, new NetfilterOptions { Priority = 10 }))
        {
            Counts(loaded, link, isLink: true, canReplace: false);
            BpfException refused = Assert.Throws<BpfException>(
                () => loaded.Programs["counts"].AttachNetfilter(NetfilterFamily.IPv4, hook, new NetfilterOptions { Priority = int.MinValue }));
            Assert.Contains("the kernel's", refused.Message, StringComparison.Ordinal);
        }

        IsSilent(loaded);
    });

    [Fact]
    public void Socket_look_up_sees_every_connection_until_it_is_detached() => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("sk_lookup", "1");
        using (BpfLink link = loaded.Programs["counts"].AttachNetworkNamespace()) Counts(loaded, link, isLink: true);
        IsSilent(loaded);
    });

    [Theory]
    [InlineData(AttachWay.Best, true)]
    [InlineData(AttachWay.Old, false)]
    internal void A_flow_dissector_is_attached_to_a_namespace(AttachWay way, bool isLink) => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = Load("flow_dissector", "0");
        using (BpfLink link = NetworkNamespaceAttachment.Attach(loaded.Programs["counts"], null, way))
        {
            Assert.Equal(isLink, link.EndsWithProcess);
            Assert.Contains("flow_dissector", Tools.Run("bpftool", "net show"), StringComparison.Ordinal);
            link.Replace(loaded.Programs["counts_others"]);
        }

        Assert.DoesNotContain("flow_dissector id", Tools.Run("bpftool", "net show"), StringComparison.Ordinal);
    });

    [Theory]
    [InlineData(AttachWay.Best)]
    [InlineData(AttachWay.Old)]
    internal void Messages_of_the_sockets_in_a_map_are_seen_until_it_is_detached(AttachWay way) => NetworkSandbox.Run(() =>
    {
        using BpfCollection loaded = BpfSource.Compile($$"""
            struct { __uint(type, 15); __uint(max_entries, 2); __uint(key_size, 4); __uint(value_size, 8); } sockets SEC(".maps");
            {{Counting.Replace("KIND", "sk_msg", StringComparison.Ordinal).Replace("PASS", "1", StringComparison.Ordinal)}}
            """).Load();
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        using (BpfLink link = SocketMapAttachment.Attach(loaded.Programs["counts"], loaded.Maps["sockets"], way))
        {
            // The program of the map is taken over when a socket is put in.
            loaded.Maps["sockets"].As<uint, ulong>().Update(0, (ulong)client.Handle);
            client.Send(new byte[10]);
            client.Send(new byte[10]);
            Assert.Equal(2ul, loaded.ReadVariable<ulong>("hits"));
        }
    });

    [Fact]
    public void A_device_that_is_not_there_is_told() => NetworkSandbox.Run(() =>
    {
        Assert.Contains("'no-such-device'", Assert.Throws<BpfException>(() => NetworkDevice.Find("no-such-device")).Message, StringComparison.Ordinal);
        using BpfCollection xdp = Load("xdp", "2");
        Assert.Contains("no such device", Assert.Throws<BpfException>(() => xdp.Programs["counts"].AttachXdp(new NetworkDevice(4711))).Message, StringComparison.Ordinal);
        using BpfCollection tc = Load("tc", "0");
        BpfException refused = Assert.Throws<BpfException>(() => tc.Programs["counts"].AttachTrafficControl(new NetworkDevice(4711), TrafficDirection.Egress));
        Assert.Contains("no such device", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => tc.Programs["counts"].AttachXdp(Loopback));
        Assert.Throws<BpfException>(() => tc.Programs["counts"].AttachNetkit(Loopback, NetkitEnd.Peer));
    });

    private static BpfCollection Load(string kind, string verdict) =>
        BpfSource.Compile(Counting.Replace("KIND", kind, StringComparison.Ordinal).Replace("PASS", verdict, StringComparison.Ordinal)).Load();

    private static void Counts(BpfCollection loaded, BpfLink link, bool isLink, bool canReplace = true)
    {
        Assert.Equal(isLink, link.EndsWithProcess);
        Assert.Equal(isLink, link.FileDescriptor >= 0);
        if (isLink) Assert.Equal(loaded.Programs["counts"].GetInfo().Id, link.GetInfo().ProgramId);
        else Assert.Throws<BpfException>(() => link.GetInfo());
        Assert.Equal(10, NetworkSandbox.Send(10));
        Assert.Equal(10ul, loaded.ReadVariable<ulong>("hits"));
        if (!canReplace) return;
        link.Replace(loaded.Programs["counts_others"]);
        Assert.Equal(5, NetworkSandbox.Send(5));
        Assert.Equal((10ul, 5ul), (loaded.ReadVariable<ulong>("hits"), loaded.ReadVariable<ulong>("others")));
    }

    private static void IsSilent(BpfCollection loaded)
    {
        (ulong, ulong) before = (loaded.ReadVariable<ulong>("hits"), loaded.ReadVariable<ulong>("others"));
        Assert.Equal(3, NetworkSandbox.Send(3));
        Assert.Equal(before, (loaded.ReadVariable<ulong>("hits"), loaded.ReadVariable<ulong>("others")));
    }
}

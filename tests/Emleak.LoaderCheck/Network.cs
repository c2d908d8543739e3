using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.LoaderCheck;

/// <summary>The network of the virtual machine, of which it has none but a loopback device and what is made here.</summary>
internal static class Network
{
    private const ushort NewLink = 16;
    private const ushort NewAddress = 20;
    private const ushort NameAttribute = 3;
    private const ushort InformationAttribute = 18;
    private const ushort KindAttribute = 1;
    private const ushort LocalAttribute = 2;
    private const int LinkBodySize = 16;
    private const int AddressBodySize = 8;
    private const string Primary = "primary";

    // The kernel's own choice.
    private const string Peer = "nk0";
    private const uint Up = 1;
    private const byte InternetFamily = 2;
    private const byte PrefixLength = 24;

    /// <summary>Where datagrams go that leave by the netkit device: to a neighbour in its network.</summary>
    public static IPAddress NetkitNeighbour { get; } = IPAddress.Parse("10.9.9.2");

    /// <summary>Switches a device on.</summary>
    public static void SwitchOn(NetworkDevice device)
    {
        byte[] body = new byte[LinkBodySize];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), device.Index);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), Up);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), Up);
        Demand(new Netlink(NewLink, 0, body).Send(), $"switch {device} on");
    }

    /// <summary>Makes a netkit pair with an address; gives the primary device.</summary>
    public static NetworkDevice MakeNetkit()
    {
        Errno errno = new Netlink(NewLink, Netlink.Create | Netlink.Exclusive, new byte[LinkBodySize]).Add(NameAttribute, Primary)
            .Add(InformationAttribute, static nested => nested.Add(KindAttribute, "netkit")).Send();
        Demand(errno, "make a netkit pair");
        NetworkDevice device = NetworkDevice.Find(Primary);
        byte[] body = new byte[AddressBodySize];
        (body[0], body[1]) = (InternetFamily, PrefixLength);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), device.Index);
        int address = BitConverter.ToInt32(IPAddress.Parse("10.9.9.1").GetAddressBytes());
        Demand(new Netlink(NewAddress, Netlink.Create | Netlink.Exclusive, body).Add(LocalAttribute, address).Add(KindAttribute, address).Send(), "give it an address");
        // The peer first: a device whose peer is not up has no carrier, sends nothing, and is told of one later, not at once.
        SwitchOn(NetworkDevice.Find(Peer));
        SwitchOn(device);
        return device;
    }

    /// <summary>Sends datagrams; that nobody is there to take them is no matter.</summary>
    public static void Send(IPAddress to, int count)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (int i = 0; i < count; i++)
        {
            try
            {
                socket.SendTo(new byte[32], new IPEndPoint(to, 9));
            }
            catch (SocketException)
            {
                // The answer to an earlier one, that the port is closed, or that a program has forbidden it.
            }
        }
    }

    private static void Demand(Errno errno, string doing)
    {
        if (errno != Errno.None) throw new BpfException($"cannot {doing}: {errno.Describe()}");
    }
}

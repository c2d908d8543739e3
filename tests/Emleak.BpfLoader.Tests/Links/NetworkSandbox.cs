using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>A network namespace of the test's own: what it attaches there nobody else's packets meet, and all of it goes with the namespace.</summary>
internal static class NetworkSandbox
{
    private const int NewNetwork = 0x40000000;

    /// <summary>Runs in a namespace with a loopback device, on a thread that ends with it.</summary>
    public static void Run(Action test)
    {
        ExceptionDispatchInfo? problem = null;
        Thread thread = new(() =>
        {
            try
            {
                Assert.Equal(0, Unshare(NewNetwork));
                // A child is in the namespace of the thread that starts it.
                Tools.Run("ip", "link set lo up");
                test();
            }
            catch (Exception e)
            {
                problem = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        problem?.Throw();
    }

    /// <summary>Sends datagrams to this machine by the loopback device; the sender and the receiver see each, when they get through.</summary>
    public static int Send(int count, string address = "127.0.0.1")
    {
        using Socket receiver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 1000 };
        receiver.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        using Socket sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        byte[] data = new byte[64];
        for (int i = 0; i < count; i++) sender.SendTo(data, receiver.LocalEndPoint!);
        int received = 0;
        // What loopback delivers is there when the sender returns.
        while (receiver.Available > 0)
        {
            receiver.Receive(data);
            received++;
        }

        return received;
    }

    [DllImport("libc", EntryPoint = "unshare")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Unshare(int what);
}

using System.Runtime.InteropServices;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>A network device, by its number in the network namespace of the calling thread.</summary>
/// <param name="Index">The number, from 1, as <c>ip link</c> shows it.</param>
public readonly record struct NetworkDevice(int Index)
{
    /// <summary>Finds a device by its name, <c>eth0</c>.</summary>
    /// <exception cref="BpfException">The namespace has no such device.</exception>
    public static NetworkDevice Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        uint index = Libc.InterfaceIndex(name);
        return index != 0 ? new NetworkDevice((int)index) : throw new BpfException($"find network device '{name}'", (Errno)Marshal.GetLastPInvokeError());
    }

    /// <inheritdoc/>
    public override string ToString() => $"network device {Index}";
}

using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Maps;

/// <summary>Keys are equal when the kernel thinks so: byte by byte.</summary>
internal sealed class BytewiseComparer<T> : IEqualityComparer<T>
    where T : unmanaged
{
    public static BytewiseComparer<T> Instance { get; } = new();

    public bool Equals(T left, T right) => Bytes(ref left).SequenceEqual(Bytes(ref right));

    public int GetHashCode(T value)
    {
        HashCode hash = default;
        hash.AddBytes(Bytes(ref value));
        return hash.ToHashCode();
    }

    private static ReadOnlySpan<byte> Bytes(ref T value) => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref value, 1));
}

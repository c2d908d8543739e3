using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>The values of one key, as the kernel hands them over: one for each possible CPU, each on a multiple of 8 bytes.</summary>
internal static unsafe class PerCpuValues
{
    private const int Alignment = 8;

    /// <summary>True when the kernel's layout is that of an array.</summary>
    public static bool AreContiguous<TValue>()
        where TValue : unmanaged => sizeof(TValue) % Alignment == 0;

    /// <summary>Reads one value, or one for each CPU.</summary>
    public static Errno Lookup<TKey, TValue>(BpfMap map, TKey* key, Span<TValue> values)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (values.Length == 1 || AreContiguous<TValue>())
        {
            fixed (TValue* pointer = values) return BpfSyscall.LookupElement(map.Handle, key, pointer);
        }

        byte[] room = ArrayPool<byte>.Shared.Rent(values.Length * Stride<TValue>());
        try
        {
            fixed (byte* pointer = room)
            {
                Errno errno = BpfSyscall.LookupElement(map.Handle, key, pointer);
                if (errno != Errno.None) return errno;
                for (int i = 0; i < values.Length; i++) values[i] = Unsafe.ReadUnaligned<TValue>(pointer + (i * Stride<TValue>()));
                return Errno.None;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    /// <summary>Writes one value for each CPU.</summary>
    public static Errno Update<TKey, TValue>(BpfMap map, TKey* key, ReadOnlySpan<TValue> values, ulong flags)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (AreContiguous<TValue>())
        {
            fixed (TValue* pointer = values) return BpfSyscall.UpdateElement(map.Handle, key, pointer, flags);
        }

        byte[] room = ArrayPool<byte>.Shared.Rent(values.Length * Stride<TValue>());
        try
        {
            for (int i = 0; i < values.Length; i++) MemoryMarshal.Write(room.AsSpan(i * Stride<TValue>()), values[i]);
            fixed (byte* pointer = room) return BpfSyscall.UpdateElement(map.Handle, key, pointer, flags);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private static int Stride<TValue>()
        where TValue : unmanaged => (sizeof(TValue) + Alignment - 1) & -Alignment;
}

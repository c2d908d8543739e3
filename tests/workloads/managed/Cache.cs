using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ManagedWorkload;

/// <summary>Holds native memory that nobody frees.</summary>
internal static class Cache
{
    private static long s_sum;

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static unsafe void Remember(int bytes) => s_sum += (long)Fetch(bytes);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static unsafe void* Fetch(int bytes) => NativeMemory.Alloc((nuint)bytes);
}

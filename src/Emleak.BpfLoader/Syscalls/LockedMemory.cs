namespace Emleak.BpfLoader.Syscalls;

/// <summary>The limit on locked memory (RLIMIT_MEMLOCK), which kernels before 5.11 charge maps and programs against.</summary>
internal static unsafe class LockedMemory
{
    private const int LockedMemoryResource = 8;
    private const int ThisProcess = 0;

    /// <summary>The soft limit in bytes, or null when there is none.</summary>
    public static ulong? Limit
    {
        get
        {
            Libc.ResourceLimit limit;
            bool known = Libc.ProcessLimit(ThisProcess, LockedMemoryResource, null, &limit) == 0;
            return known && limit.Soft != ulong.MaxValue ? limit.Soft : null;
        }
    }

    /// <summary>Takes the limit away, or raises it as far as this process may; false when neither is possible.</summary>
    public static bool TryLift()
    {
        Libc.ResourceLimit limit;
        if (Libc.ProcessLimit(ThisProcess, LockedMemoryResource, null, &limit) != 0 || limit.Soft == ulong.MaxValue) return false;
        Libc.ResourceLimit unlimited = new() { Soft = ulong.MaxValue, Hard = ulong.MaxValue };
        if (Libc.ProcessLimit(ThisProcess, LockedMemoryResource, &unlimited, null) == 0) return true;
        if (limit.Soft == limit.Hard) return false;
        limit.Soft = limit.Hard;
        return Libc.ProcessLimit(ThisProcess, LockedMemoryResource, &limit, null) == 0;
    }
}

using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Tests.Programs;

/// <summary>Only run by <see cref="MaskedTests"/>, in a process that may lock little memory.</summary>
public sealed class LockedMemoryTests
{
    internal const ulong SmallLimit = 1 << 16;

    [Fact(Explicit = true)]
    public void The_limit_is_raised_only_when_needed()
    {
        Assert.Equal(SmallLimit, LockedMemory.Limit);
        BpfSource.Compile(BpfSource.Probes).Load().Dispose();
        // Without CAP_SYS_RESOURCE no further than to the hard limit, which is twice the other.
        if (KernelFeatures.MemoryAccounting.IsMasked) Assert.True(LockedMemory.Limit is null or 2 * SmallLimit, $"{LockedMemory.Limit}");
        else Assert.Equal(SmallLimit, LockedMemory.Limit);
    }
}

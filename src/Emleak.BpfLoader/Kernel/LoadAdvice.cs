using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>What to try when the kernel says EPERM, which has several causes that it does not tell apart.</summary>
internal static class LoadAdvice
{
    private const string LockdownPath = "/sys/kernel/security/lockdown";

    public static string? For(Errno errno) => errno == Errno.NotPermitted ? ForNotPermitted() : null;

    private static string ForNotPermitted()
    {
        if (IsLockedDown()) return $"the kernel is locked down, see {LockdownPath}; confidentiality mode forbids BPF that reads memory";
        if (ProcessRights.MayTrace()) return "this process has the capabilities for it, so that something else forbids it: a security module, a container, or how the kernel was built";
        const string Capabilities = "this needs root, or CAP_BPF and CAP_PERFMON since Linux 5.8";
        return LockedMemory.Limit is ulong limit
            ? $"{Capabilities}; before 5.11 also a higher RLIMIT_MEMLOCK, which is {limit >> 10} KiB (ulimit -l unlimited)"
            : Capabilities;
    }

    private static bool IsLockedDown() =>
        File.Exists(LockdownPath) && File.ReadAllText(LockdownPath).Contains("[confidentiality]", StringComparison.Ordinal);
}

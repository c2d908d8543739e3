using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>What to try when the kernel says EPERM, which has several causes that it does not tell apart.</summary>
internal static class LoadAdvice
{
    private const string LockdownPath = "/sys/kernel/security/lockdown";

    // The message for root, whom the capabilities would not help.
    private const string OtherReason = "this process has the capabilities for it, CAP_BPF among them, so that something else forbids it: "
        + "a security module, a container, or how the kernel was built";

    /// <summary>What may help against an error of loading; null for all but EPERM.</summary>
    public static string? For(Errno errno) => errno == Errno.NotPermitted ? ForNotPermitted() : null;

    /// <summary>What may help against being refused to attach for tracing.</summary>
    public static string ToAttach() => ProcessRights.MayTrace() ? OtherReason : "this needs root, or CAP_BPF and CAP_PERFMON";

    /// <summary>What may help against being refused to attach to networks.</summary>
    public static string ToAttachToNetwork() => ProcessRights.MayChangeNetwork() ? OtherReason : "this needs root, or CAP_BPF and CAP_NET_ADMIN";

    private static string ForNotPermitted()
    {
        if (IsLockedDown()) return $"the kernel is locked down, see {LockdownPath}; confidentiality mode forbids BPF that reads memory";
        if (ProcessRights.MayTrace()) return OtherReason;
        const string Capabilities = "this needs root, or CAP_BPF and CAP_PERFMON since Linux 5.8";
        return LockedMemory.Limit is ulong limit
            ? $"{Capabilities}; before 5.11 also a higher RLIMIT_MEMLOCK, which is {limit >> 10} KiB (ulimit -l unlimited)"
            : Capabilities;
    }

    private static bool IsLockedDown() =>
        File.Exists(LockdownPath) && File.ReadAllText(LockdownPath).Contains("[confidentiality]", StringComparison.Ordinal);
}

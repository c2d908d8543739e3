using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>The commands that attach programs.</summary>
internal static unsafe partial class BpfSyscall
{
    private const uint NoTarget = uint.MaxValue;

    /// <summary>Since kernel 4.17. <paramref name="name"/> ends with a zero byte.</summary>
    public static Errno OpenRawTracepoint(BpfHandle program, ReadOnlySpan<byte> name, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        fixed (byte* namePointer = name)
        {
            BpfAttr attr = default;
            attr.RawTracepoint.Name = (ulong)namePointer;
            attr.RawTracepoint.ProgFd = lease.Descriptor;
            return Descriptor(BpfCmd.RawTracepointOpen, &attr, out link);
        }
    }

    /// <summary>Since kernel 5.15. The link keeps the perf event alive by itself.</summary>
    public static Errno LinkPerfEvent(BpfHandle program, uint perfEvent, ulong cookie, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.LinkCreate.ProgFd = lease.Descriptor;
        attr.LinkCreate.TargetFd = perfEvent;
        attr.LinkCreate.AttachType = (uint)BpfAttachType.PerfEvent;
        attr.LinkCreate.PerfEvent.BpfCookie = cookie;
        return Descriptor(BpfCmd.LinkCreate, &attr, out link);
    }

    /// <summary>
    /// Since kernel 6.6; sessions since 6.13. <paramref name="path"/> ends with a zero byte; <paramref name="cookies"/> has as
    /// many elements as <paramref name="offsets"/>, or none. A <paramref name="pid"/> of 0 means every process.
    /// </summary>
    public static Errno LinkUprobes(
        BpfHandle program,
        BpfAttachType attachType,
        ReadOnlySpan<byte> path,
        ReadOnlySpan<ulong> offsets,
        ReadOnlySpan<ulong> cookies,
        uint flags,
        int pid,
        out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        fixed (byte* pathPointer = path)
        fixed (ulong* offsetPointer = offsets, cookiePointer = cookies)
        {
            BpfAttr attr = default;
            attr.LinkCreate.ProgFd = lease.Descriptor;
            attr.LinkCreate.TargetFd = NoTarget;
            attr.LinkCreate.AttachType = (uint)attachType;
            attr.LinkCreate.UprobeMulti.Path = (ulong)pathPointer;
            attr.LinkCreate.UprobeMulti.Offsets = (ulong)offsetPointer;
            attr.LinkCreate.UprobeMulti.Cookies = (ulong)cookiePointer;
            attr.LinkCreate.UprobeMulti.Cnt = (uint)offsets.Length;
            attr.LinkCreate.UprobeMulti.Flags = flags;
            attr.LinkCreate.UprobeMulti.Pid = (uint)pid;
            return Descriptor(BpfCmd.LinkCreate, &attr, out link);
        }
    }
}

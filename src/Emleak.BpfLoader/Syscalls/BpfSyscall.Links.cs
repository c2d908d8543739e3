using System.Text;
using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>The commands that attach programs.</summary>
internal static unsafe partial class BpfSyscall
{
    private const uint NoTarget = uint.MaxValue;

    /// <summary>
    /// Since kernel 4.17; the cookie since 6.10. <paramref name="name"/> ends with a zero byte; empty: the program was verified
    /// for what it is attached to.
    /// </summary>
    public static Errno OpenRawTracepoint(BpfHandle program, ReadOnlySpan<byte> name, ulong cookie, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        fixed (byte* namePointer = name)
        {
            BpfAttr attr = default;
            attr.RawTracepoint.Name = (ulong)namePointer;
            attr.RawTracepoint.ProgFd = lease.Descriptor;
            attr.RawTracepoint.Cookie = cookie;
            return Descriptor(BpfCmd.RawTracepointOpen, &attr, out link);
        }
    }

    /// <summary>Since kernel 5.19 for functions, tracepoints and hooks; since 5.8 for iterators, which take no cookie.</summary>
    public static Errno LinkTracing(BpfHandle program, BpfAttachType attachType, ulong cookie, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.LinkCreate.ProgFd = lease.Descriptor;
        attr.LinkCreate.AttachType = (uint)attachType;
        attr.LinkCreate.Tracing.Cookie = cookie;
        return Descriptor(BpfCmd.LinkCreate, &attr, out link);
    }

    /// <summary>
    /// Since kernel 5.7 for control groups, 5.8 for network namespaces, 5.9 for XDP, 6.6 for traffic control, 6.7 for netkit, 6.10 for socket maps.
    /// </summary>
    public static Errno Link(BpfHandle program, LinkTarget target, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.LinkCreate.ProgFd = lease.Descriptor;
        attr.LinkCreate.TargetFd = target.Target;
        attr.LinkCreate.AttachType = (uint)target.AttachType;
        attr.LinkCreate.Flags = target.Flags;
        // The kinds that take another program or link have it at the same place.
        attr.LinkCreate.Tcx.RelativeFd = target.Relative;
        return Descriptor(BpfCmd.LinkCreate, &attr, out link);
    }

    /// <summary>Since kernel 6.4.</summary>
    public static Errno LinkNetfilter(BpfHandle program, uint family, uint hook, int priority, uint flags, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.LinkCreate.ProgFd = lease.Descriptor;
        attr.LinkCreate.AttachType = (uint)BpfAttachType.Netfilter;
        attr.LinkCreate.Netfilter.Pf = family;
        attr.LinkCreate.Netfilter.Hooknum = hook;
        attr.LinkCreate.Netfilter.Priority = priority;
        attr.LinkCreate.Netfilter.Flags = flags;
        return Descriptor(BpfCmd.LinkCreate, &attr, out link);
    }

    /// <summary>Since kernel 5.7, for the kinds of links that can change their program.</summary>
    public static Errno UpdateLink(BpfHandle link, BpfHandle program)
    {
        using BpfHandle.Lease linkLease = link.Borrow();
        using BpfHandle.Lease programLease = program.Borrow();
        BpfAttr attr = default;
        attr.LinkUpdate.LinkFd = linkLease.Descriptor;
        attr.LinkUpdate.NewProgFd = programLease.Descriptor;
        return Call(BpfCmd.LinkUpdate, &attr);
    }

    /// <summary>The way before links: to control groups since kernel 4.10, socket maps 4.14. <paramref name="replaced"/> since 5.6.</summary>
    public static Errno AttachProgram(BpfHandle program, uint target, BpfAttachType attachType, uint flags, BpfHandle? replaced = null)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.TargetFd = target;
        attr.AttachBpfFd = lease.Descriptor;
        attr.AttachType = (uint)attachType;
        attr.AttachFlags = flags;
        if (replaced is null) return Call(BpfCmd.ProgAttach, &attr);
        using BpfHandle.Lease replacedLease = replaced.Borrow();
        attr.ReplaceBpfFd = replacedLease.Descriptor;
        return Call(BpfCmd.ProgAttach, &attr);
    }

    /// <summary>Takes back what <see cref="AttachProgram"/> has done.</summary>
    public static Errno DetachProgram(BpfHandle program, uint target, BpfAttachType attachType)
    {
        using BpfHandle.Lease lease = program.Borrow();
        BpfAttr attr = default;
        attr.TargetFd = target;
        attr.AttachBpfFd = lease.Descriptor;
        attr.AttachType = (uint)attachType;
        return Call(BpfCmd.ProgDetach, &attr);
    }

    /// <summary>What a program is linked to.</summary>
    /// <param name="Target">A descriptor, or a device's number.</param>
    /// <param name="AttachType">What there.</param>
    /// <param name="Flags">Flags of that kind of link.</param>
    /// <param name="Relative">The descriptor of the program or link beside which it is to run; 0: of none.</param>
    public readonly record struct LinkTarget(uint Target, BpfAttachType AttachType, uint Flags = 0, uint Relative = 0);

    /// <summary>Since kernel 6.4. A map takes the place of the program.</summary>
    public static Errno LinkStructOps(BpfHandle map, out BpfHandle? link)
    {
        using BpfHandle.Lease lease = map.Borrow();
        BpfAttr attr = default;
        attr.LinkCreate.MapFd = lease.Descriptor;
        attr.LinkCreate.AttachType = (uint)BpfAttachType.StructOps;
        return Descriptor(BpfCmd.LinkCreate, &attr, out link);
    }

    /// <summary>Starts a run of an iterator, to be read to its end. Since kernel 5.8.</summary>
    public static Errno CreateIterator(BpfHandle link, out BpfHandle? iterator)
    {
        using BpfHandle.Lease lease = link.Borrow();
        BpfAttr attr = default;
        attr.IterCreate.LinkFd = lease.Descriptor;
        return Descriptor(BpfCmd.IterCreate, &attr, out iterator);
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
    /// Since kernel 6.6; sessions since 6.13. <paramref name="path"/> ends with a zero byte; <paramref name="cookies"/> and <paramref name="semaphores"/>
    /// have as many elements as <paramref name="offsets"/>, or none. A <paramref name="pid"/> of 0 means every process.
    /// </summary>
    public static Errno LinkUprobes(
        BpfHandle program,
        BpfAttachType attachType,
        ReadOnlySpan<byte> path,
        ReadOnlySpan<ulong> offsets,
        ReadOnlySpan<ulong> cookies,
        ReadOnlySpan<ulong> semaphores,
        uint flags,
        int pid,
        out BpfHandle? link)
    {
        using BpfHandle.Lease lease = program.Borrow();
        fixed (byte* pathPointer = path)
        fixed (ulong* offsetPointer = offsets, cookiePointer = cookies, semaphorePointer = semaphores)
        {
            BpfAttr attr = default;
            attr.LinkCreate.ProgFd = lease.Descriptor;
            attr.LinkCreate.TargetFd = NoTarget;
            attr.LinkCreate.AttachType = (uint)attachType;
            attr.LinkCreate.UprobeMulti.Path = (ulong)pathPointer;
            attr.LinkCreate.UprobeMulti.Offsets = (ulong)offsetPointer;
            attr.LinkCreate.UprobeMulti.RefCtrOffsets = (ulong)semaphorePointer;
            attr.LinkCreate.UprobeMulti.Cookies = (ulong)cookiePointer;
            attr.LinkCreate.UprobeMulti.Cnt = (uint)offsets.Length;
            attr.LinkCreate.UprobeMulti.Flags = flags;
            attr.LinkCreate.UprobeMulti.Pid = (uint)pid;
            return Descriptor(BpfCmd.LinkCreate, &attr, out link);
        }
    }

    /// <summary>Since kernel 5.18; sessions since 6.10. There are as many cookies as names.</summary>
    public static Errno LinkKprobes(
        BpfHandle program, BpfAttachType attachType, string[] names, ReadOnlySpan<ulong> cookies, uint flags, out BpfHandle? link)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(names.Select(static name => name + '\0')));
        ulong[] pointers = new ulong[names.Length];
        using BpfHandle.Lease lease = program.Borrow();
        fixed (byte* first = text)
        fixed (ulong* pointerPointer = pointers, cookiePointer = cookies)
        {
            ulong at = (ulong)first;
            for (int i = 0; i < names.Length; i++)
            {
                pointers[i] = at;
                at += (ulong)Encoding.UTF8.GetByteCount(names[i]) + 1;
            }

            BpfAttr attr = default;
            attr.LinkCreate.ProgFd = lease.Descriptor;
            attr.LinkCreate.AttachType = (uint)attachType;
            attr.LinkCreate.KprobeMulti.Flags = flags;
            attr.LinkCreate.KprobeMulti.Cnt = (uint)names.Length;
            attr.LinkCreate.KprobeMulti.Syms = (ulong)pointerPointer;
            attr.LinkCreate.KprobeMulti.Cookies = (ulong)cookiePointer;
            return Descriptor(BpfCmd.LinkCreate, &attr, out link);
        }
    }
}

using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// Where among several programs of one attach point a program runs: <see cref="First"/>, <see cref="Last"/>, or beside another one. Since
/// kernel 6.6 for traffic control, 6.7 for netkit, 6.16 for control groups.
/// </summary>
public sealed class AttachOrder
{
    // BPF_F_BEFORE, BPF_F_AFTER and BPF_F_LINK of linux/bpf.h, members of an enum without a name.
    private const uint BeforeFlag = 1 << 3;
    private const uint AfterFlag = 1 << 4;
    private const uint RelativeIsLink = 1 << 13;

    private readonly BpfHandle? _other;

    private AttachOrder(uint flags, BpfHandle? other)
    {
        Flags = flags;
        _other = other;
    }

    /// <summary>Before all that are attached now.</summary>
    public static AttachOrder First { get; } = new(BeforeFlag, null);

    /// <summary>After all that are attached now.</summary>
    public static AttachOrder Last { get; } = new(AfterFlag, null);

    internal uint Flags { get; }

    /// <summary>Right before the program of a link.</summary>
    /// <exception cref="ArgumentException">The kernel has no link for that attachment.</exception>
    public static AttachOrder Before(BpfLink link) => new(BeforeFlag | RelativeIsLink, HandleOf(link));

    /// <summary>Right after the program of a link.</summary>
    /// <exception cref="ArgumentException">The kernel has no link for that attachment.</exception>
    public static AttachOrder After(BpfLink link) => new(AfterFlag | RelativeIsLink, HandleOf(link));

    /// <summary>Right before a program.</summary>
    public static AttachOrder Before(BpfProgram program) => new(BeforeFlag, HandleOf(program));

    /// <summary>Right after a program.</summary>
    public static AttachOrder After(BpfProgram program) => new(AfterFlag, HandleOf(program));

    /// <summary>Makes the link, while the other one is kept open.</summary>
    internal static Errno Link(BpfHandle program, BpfSyscall.LinkTarget target, AttachOrder? order, out BpfHandle? link)
    {
        if (order is null) return BpfSyscall.Link(program, target, out link);
        target = target with { Flags = target.Flags | order.Flags };
        if (order._other is null) return BpfSyscall.Link(program, target, out link);
        using BpfHandle.Lease lease = order._other.Borrow();
        return BpfSyscall.Link(program, target with { Relative = lease.Descriptor }, out link);
    }

    private static BpfHandle HandleOf(BpfLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link.Handle ?? throw new ArgumentException($"the kernel has no link for {link}", nameof(link));
    }

    private static BpfHandle HandleOf(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Handle;
    }
}

using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>A program that BPF_PROG_ATTACH has attached to a descriptor: a control group, a socket map, a network namespace.</summary>
internal sealed class ProgramHook : IUnlinkedAttachment
{
    private const uint ReplaceFlag = 1 << 2;

    private readonly BpfHandle _target;
    private readonly BpfAttachType _attachType;
    private readonly uint _flags;
    private readonly bool _canReplace;
    private BpfHandle _program;

    private ProgramHook(BpfHandle target, BpfHandle program, BpfAttachType attachType, uint flags, bool canReplace)
    {
        _target = target;
        _program = program;
        _attachType = attachType;
        _flags = flags;
        _canReplace = canReplace;
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="target">To what.</param>
    /// <param name="attachType">What there.</param>
    /// <param name="flags">Flags of BPF_PROG_ATTACH.</param>
    /// <param name="canReplace">Whether one of several programs can be replaced there, as in control groups.</param>
    /// <param name="hook">The attachment, or null.</param>
    public static Errno Attach(BpfHandle program, BpfHandle target, BpfAttachType attachType, uint flags, bool canReplace, out ProgramHook? hook)
    {
        hook = new ProgramHook(target.Duplicate(), program.Duplicate(), attachType, flags, canReplace);
        Errno errno = hook.Set(program, replaced: null);
        if (errno == Errno.None) return errno;
        hook.Close();
        hook = null;
        return errno;
    }

    public void Detach()
    {
        using (BpfHandle.Lease lease = _target.Borrow()) BpfSyscall.DetachProgram(_program, lease.Descriptor, _attachType);
        Close();
    }

    public Errno Replace(BpfHandle program)
    {
        BpfHandle next = program.Duplicate();
        Errno errno = Set(next, _canReplace ? _program : null);
        BpfHandle unused = next;
        if (errno == Errno.None) (unused, _program) = (_program, next);
        unused.Dispose();
        return errno;
    }

    private Errno Set(BpfHandle program, BpfHandle? replaced)
    {
        using BpfHandle.Lease lease = _target.Borrow();
        return BpfSyscall.AttachProgram(program, lease.Descriptor, _attachType, replaced is null ? _flags : _flags | ReplaceFlag, replaced);
    }

    private void Close()
    {
        _target.Dispose();
        _program.Dispose();
    }
}

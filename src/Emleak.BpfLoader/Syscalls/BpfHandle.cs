using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Owns one file descriptor of the kernel: a map, a program, a link, BTF, a perf event.</summary>
internal sealed class BpfHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int DuplicateCloseOnExec = 1030;
    private const int FirstOrdinaryDescriptor = 3;
    private const int ReadOnlyCloseOnExec = 0x80000;

    private BpfHandle(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for messages and for callers that poll; good while this object lives.</summary>
    public int Descriptor => (int)handle;

    /// <summary>
    /// Takes a descriptor that the kernel has just handed out. A process that was started with closed standard streams
    /// gets numbers below 3: 0 means "none" to bpf(2), and 1 and 2 are where other code prints.
    /// </summary>
    /// <exception cref="BpfException">No descriptor is free to move to.</exception>
    public static BpfHandle Own(int descriptor)
    {
        if (descriptor >= FirstOrdinaryDescriptor) return new BpfHandle(descriptor);
        int moved = Libc.Fcntl(descriptor, DuplicateCloseOnExec, FirstOrdinaryDescriptor);
        Errno errno = moved < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        _ = Libc.Close(descriptor);
        return errno == Errno.None ? new BpfHandle(moved) : throw new BpfException("move a descriptor away from the standard streams", errno);
    }

    /// <summary>Opens a file or folder, as what is attached to is told to the kernel by.</summary>
    /// <exception cref="BpfException">It cannot be opened.</exception>
    public static BpfHandle OpenPath(string path, string doing)
    {
        int descriptor = Libc.Open(path, ReadOnlyCloseOnExec);
        return descriptor >= 0 ? Own(descriptor) : throw new BpfException(doing, (Errno)Marshal.GetLastPInvokeError());
    }

    /// <summary>Another descriptor of the same object.</summary>
    /// <exception cref="BpfException">No descriptor is free.</exception>
    public BpfHandle Duplicate()
    {
        using Lease lease = Borrow();
        int copy = Libc.Fcntl((int)lease.Descriptor, DuplicateCloseOnExec, FirstOrdinaryDescriptor);
        return copy >= 0 ? new BpfHandle(copy) : throw new BpfException("duplicate a descriptor", (Errno)Marshal.GetLastPInvokeError());
    }

    /// <summary>Keeps the descriptor open until the lease is disposed, whatever other threads dispose.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    public Lease Borrow() => new(this);

    /// <summary>Hands the descriptor over to another owner; this object has none afterwards.</summary>
    public SafeFileHandle Detach()
    {
        SafeFileHandle owner = new(handle, ownsHandle: true);
        SetHandleAsInvalid();
        return owner;
    }

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;

    /// <summary>A reference on an open descriptor.</summary>
    public readonly ref struct Lease
    {
        private readonly BpfHandle _owner;

        public Lease(BpfHandle owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        public uint Descriptor => (uint)_owner.handle;

        public void Dispose() => _owner.DangerousRelease();
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Owns one shared mapping of a descriptor's memory.</summary>
internal sealed unsafe class MemoryMapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int ProtectionRead = 1;
    private const int ProtectionWrite = 2;
    private const int Shared = 1;
    private const int FixedNoReplace = 0x100000;

    private readonly nuint _length;

    private MemoryMapping(nint address, nuint length, bool writable) : base(ownsHandle: true)
    {
        _length = length;
        IsWritable = writable;
        SetHandle(address);
    }

    /// <summary>The first byte; good while this object lives.</summary>
    public byte* Pointer => (byte*)handle;

    /// <summary>False when writing ends the process.</summary>
    public bool IsWritable { get; }

    /// <summary>Maps <paramref name="length"/> bytes from <paramref name="offset"/>, a multiple of the page size.</summary>
    public static Errno Map(BpfHandle descriptor, nint offset, nuint length, bool writable, out MemoryMapping? mapping) =>
        Map(descriptor, address: 0, offset, length, writable, out mapping);

    /// <summary>The same, to a given address if it is not 0.</summary>
    public static Errno Map(BpfHandle descriptor, ulong address, nint offset, nuint length, bool writable, out MemoryMapping? mapping)
    {
        using BpfHandle.Lease lease = descriptor.Borrow();
        int protection = writable ? ProtectionRead | ProtectionWrite : ProtectionRead;
        int flags = address == 0 ? Shared : Shared | FixedNoReplace;
        nint start = Libc.MemoryMap((nint)address, length, protection, flags, (int)lease.Descriptor, offset);
        mapping = start == -1 ? null : new MemoryMapping(start, length, writable);
        return mapping is null ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
    }

    /// <summary>Keeps the memory mapped until the lease is disposed, whatever other threads dispose.</summary>
    /// <exception cref="ObjectDisposedException">The memory is unmapped.</exception>
    public Lease Borrow() => new(this);

    protected override bool ReleaseHandle() => Libc.MemoryUnmap(handle, _length) == 0;

    /// <summary>A reference on mapped memory.</summary>
    public readonly ref struct Lease
    {
        private readonly MemoryMapping _owner;

        public Lease(MemoryMapping owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        public void Dispose() => _owner.DangerousRelease();
    }
}

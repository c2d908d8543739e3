using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Emleak.BpfLoader.Syscalls;

/// <summary>Owns one shared mapping of a descriptor's memory.</summary>
internal sealed unsafe class MemoryMapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int ProtectionRead = 1;
    private const int ProtectionWrite = 2;
    private const int Shared = 1;

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
    public static Errno Map(BpfHandle descriptor, nint offset, nuint length, bool writable, out MemoryMapping? mapping)
    {
        using BpfHandle.Lease lease = descriptor.Borrow();
        int protection = writable ? ProtectionRead | ProtectionWrite : ProtectionRead;
        nint address = Libc.MemoryMap(0, length, protection, Shared, (int)lease.Descriptor, offset);
        mapping = address == -1 ? null : new MemoryMapping(address, length, writable);
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

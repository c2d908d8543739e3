using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>
/// Bytes outside the collector's heap: expanded sections may have hundreds of megabytes, live as long as their file, and never move.
/// </summary>
internal sealed unsafe partial class NativeBytes : SafeHandle
{
    // The size of a large page on x86-64, and on aarch64 where usual pages have 4 KiB.
    private const int LargePage = 1 << 21;
    private const int UseLargePages = 14;

    private readonly int _length;

    public NativeBytes(int length)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _length = length;
        handle = (nint)NativeMemory.AlignedAlloc((nuint)length, length < LargePage ? 64 : (nuint)LargePage);

        // Otherwise the kernel is entered for each 4 KiB that are written: up to a tenth of the time that it takes to name some thousand addresses.
        if (length >= LargePage) _ = Advise(handle, (nuint)length, UseLargePages);
    }

    public override bool IsInvalid => handle == 0;

    public Span<byte> Span => new((void*)handle, _length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    // madvise(2), MADV_HUGEPAGE: a kernel that has none says so, and nothing else happens.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}

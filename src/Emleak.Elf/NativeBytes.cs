using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>
/// Bytes outside the collector's heap: loaded sections may have hundreds of megabytes, live as long as their file, and never move.
/// </summary>
internal sealed unsafe partial class NativeBytes : SafeHandle
{
    // The size of a large page on x86-64, and on aarch64 where usual pages have 4 KiB.
    private const int LargePage = 1 << 21;
    private const int UseLargePages = 14;

    private readonly int _length;
    private readonly MemoryBudget _budget;

    /// <param name="length">How many.</param>
    /// <param name="budget">Pays for them.</param>
    /// <param name="where">What they are for.</param>
    /// <exception cref="MalformedDataException">The budget has not so much left.</exception>
    public NativeBytes(int length, MemoryBudget budget, string where)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        budget.Take(length, where);
        _length = length;
        _budget = budget;
        handle = Allocate(length);
        if (handle != 0) return;
        budget.Return(length);
        throw new MalformedDataException(where, 0, $"no memory for {length} bytes");
    }

    public override bool IsInvalid => handle == 0;

    public Span<byte> Span => new((void*)handle, _length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        _budget.Return(_length);
        return true;
    }

    private static nint Allocate(int length)
    {
        try
        {
            nint start = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), length < LargePage ? 64 : (nuint)LargePage);

            // Otherwise the kernel is entered for each 4 KiB that are written: up to a tenth of the time that it takes to name some thousand addresses.
            if (length >= LargePage) _ = Advise(start, (nuint)length, UseLargePages);
            return start;
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }

    // madvise(2), MADV_HUGEPAGE: a kernel that has none says so, and nothing else happens.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}

using System.Runtime.InteropServices;

namespace Emleak.Elf;

/// <summary>
/// Bytes outside the collector's heap: expanded sections may have hundreds of megabytes, live as long as their file, and never move.
/// </summary>
internal sealed unsafe class NativeBytes : SafeHandle
{
    private readonly int _length;

    public NativeBytes(int length)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _length = length;
        handle = (nint)NativeMemory.Alloc((nuint)length);
    }

    public override bool IsInvalid => handle == 0;

    public Span<byte> Span => new((void*)handle, _length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}

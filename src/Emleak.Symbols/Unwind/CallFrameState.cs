using System.Runtime.InteropServices;

namespace Emleak.Symbols.Unwind;

/// <summary>What call-frame instructions have said up to some address, as far as a walk needs it.</summary>
[StructLayout(LayoutKind.Auto)]
internal record struct CallFrameState
{
    /// <summary>Where the CFA is; <see cref="UnwindKind.None"/> until something was said.</summary>
    public UnwindKind Kind;

    /// <summary>Bytes.</summary>
    public long Offset;

    /// <summary>Bytes.</summary>
    public long At;

    /// <summary>Bytes from the CFA; 0 when not saved.</summary>
    public long FramePointer;

    /// <summary>Bytes from the CFA; 0 when not saved.</summary>
    public long ReturnAddress;

    /// <summary>The frame pointer is saved where it points to itself.</summary>
    public bool FramePointerIsAtItself;

    /// <summary>One of the registers is to be found in a way that has no rule.</summary>
    public bool FramePointerIsUnknown;

    /// <summary>See <see cref="FramePointerIsUnknown"/>.</summary>
    public bool ReturnAddressIsUnknown;

    /// <summary>The return address is undefined: there is no caller.</summary>
    public bool IsOutermost;

    /// <summary>The rule that says all this.</summary>
    public readonly UnwindRule ToRule()
    {
        const int Word = sizeof(ulong);
        if (IsOutermost) return UnwindRule.Of(UnwindKind.Outermost);
        UnwindRule unknown = UnwindRule.Of(UnwindKind.Unknown);
        if (Kind is UnwindKind.None or UnwindKind.Unknown || FramePointerIsUnknown || ReturnAddressIsUnknown) return unknown;
        if (Offset != (int)Offset || At != (int)At || FramePointer % Word != 0 || ReturnAddress % Word != 0) return unknown;
        (long framePointer, long returnAddress) = (FramePointer / Word, ReturnAddress / Word);
        if (framePointer != (short)framePointer || framePointer == UnwindRule.AtFramePointerItself || returnAddress != (short)returnAddress) return unknown;
        if (FramePointerIsAtItself) framePointer = UnwindRule.AtFramePointerItself;
        return new UnwindRule((int)Offset, (int)At, (short)framePointer, (short)returnAddress, Kind);
    }
}

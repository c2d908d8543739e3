using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>How much of its stack a function uses.</summary>
internal static class StackUse
{
    private const byte FramePointer = 10;
    private const byte MoveRegister = 0xbf;
    private const byte AddImmediate = 0x07;

    /// <summary>
    /// Bytes, as the function's accesses by the frame pointer tell, and the addresses that it makes of it. If it finds its way
    /// deeper by other means, the verifier sees that what was put there is no address any more.
    /// </summary>
    public static int Of(ReadOnlySpan<BpfInstruction> code, int start, int end)
    {
        int deepest = 0;
        for (int i = start; i < end; i += Flow.SlotsOf(code[i]))
        {
            ref readonly BpfInstruction one = ref code[i];
            int kind = one.Code & BpfOpcode.ClassMask;
            bool isAccess = (kind == BpfOpcode.ClassLoad && one.Source == FramePointer)
                || (kind is BpfOpcode.ClassStore or BpfOpcode.ClassStoreImmediate && one.Destination == FramePointer);
            if (isAccess) deepest = Math.Min(deepest, one.Offset);
            bool isAddress = one.Code == MoveRegister && one.Source == FramePointer && i + 1 < end
                && code[i + 1].Code == AddImmediate && code[i + 1].Destination == one.Destination;
            if (isAddress) deepest = Math.Min(deepest, code[i + 1].Immediate);
        }

        return -deepest;
    }
}

using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>Where a program's instructions lead.</summary>
internal static class Flow
{
    /// <summary>First instructions of the program and of the functions in it, ascending.</summary>
    public static int[] FunctionStarts(ReadOnlySpan<BpfInstruction> code)
    {
        SortedSet<int> starts = [0];
        for (int i = 0; i < code.Length; i += SlotsOf(code[i]))
        {
            if (TryGetFunction(code, i, out int target)) starts.Add(target);
        }

        return [.. starts];
    }

    /// <summary>How many slots an instruction takes.</summary>
    public static int SlotsOf(in BpfInstruction one) => one.Code == BpfOpcode.LoadImmediate64 ? 2 : 1;

    /// <summary>The function of the same program that an instruction calls or takes the address of.</summary>
    public static bool TryGetFunction(ReadOnlySpan<BpfInstruction> code, int at, out int target)
    {
        ref readonly BpfInstruction one = ref code[at];
        target = at + one.Immediate + 1;
        bool isAddress = one.Code == BpfOpcode.LoadImmediate64 && one.Source == BpfOpcode.SourceFunction;
        return (isAddress || BpfOpcode.IsLocalCall(one)) && (uint)target < (uint)code.Length;
    }

    /// <summary>The other instruction that a jump may lead to.</summary>
    public static bool TryGetJump(in BpfInstruction one, int at, out int target)
    {
        int kind = one.Code & BpfOpcode.ClassMask;
        int operation = one.Code & BpfOpcode.OperationMask;
        target = at + 1 + (IsLongJump(one) ? one.Immediate : one.Offset);
        return kind is BpfOpcode.ClassJump or BpfOpcode.ClassJump32 && operation is not (BpfOpcode.OperationCall or BpfOpcode.OperationExit);
    }

    /// <summary>True for jumps whose distance is in the immediate.</summary>
    public static bool IsLongJump(in BpfInstruction one) => one.Code == (BpfOpcode.ClassJump32 | BpfOpcode.OperationAlways);

    /// <summary>False after jumps without a condition, and ends of functions.</summary>
    public static bool GoesOn(in BpfInstruction one)
    {
        int kind = one.Code & BpfOpcode.ClassMask;
        int operation = one.Code & BpfOpcode.OperationMask;
        return kind is not (BpfOpcode.ClassJump or BpfOpcode.ClassJump32) || operation is not (BpfOpcode.OperationAlways or BpfOpcode.OperationExit);
    }
}

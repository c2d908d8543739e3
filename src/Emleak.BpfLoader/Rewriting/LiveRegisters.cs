using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>Which registers hold something that is still to be read, before each instruction of a function.</summary>
internal sealed class LiveRegisters
{
    private const int MostRounds = 256;

    private readonly int _start;
    private readonly int[] _before;

    private LiveRegisters(int start, int count)
    {
        _start = start;
        _before = new int[count];
    }

    /// <summary>A bit for each register.</summary>
    public int Before(int at) => (uint)(at - _start) < (uint)_before.Length ? _before[at - _start] : 0;

    /// <summary>Looks at the function between two instructions. A call reads all registers of arguments, as its target is not looked at.</summary>
    /// <exception cref="BpfException">It takes too long.</exception>
    public static LiveRegisters Of(ReadOnlySpan<BpfInstruction> code, int start, int end)
    {
        LiveRegisters live = new(start, end - start);
        // Each round carries what is live over one more jump back. Programs have loops in loops, but not many.
        int rounds = 0;
        for (bool changed = true; changed; rounds++)
        {
            if (rounds == MostRounds) throw new BpfException($"the function at instruction {start} has too many loops in each other");
            changed = false;
            for (int i = end - 1; i >= start; i--) changed |= live.Update(code, i);
        }

        return live;
    }

    private bool Update(ReadOnlySpan<BpfInstruction> code, int at)
    {
        ref readonly BpfInstruction one = ref code[at];
        int after = Flow.GoesOn(one) ? Before(at + Flow.SlotsOf(one)) : 0;
        if (Flow.TryGetJump(one, at, out int target)) after |= Before(target);
        RegisterUse use = RegisterUse.Of(one);
        int before = (after & ~use.Writes) | use.Reads;
        if (before == _before[at - _start]) return false;
        _before[at - _start] = before;
        return true;
    }
}

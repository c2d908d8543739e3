using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>Follows addresses of global variables through the registers of a function, on all ways that lead through it.</summary>
internal sealed class DataAddresses
{
    // Instructions have four bits for a register, of which the kernel knows eleven.
    private const int Registers = 16;
    private const byte MoveRegister = 0xbf;
    private const byte AddImmediate = 0x07;

    private readonly BpfInstruction[] _code;
    private readonly int _start;
    private readonly IReadOnlyDictionary<int, DataAddress> _loads;
    private readonly DataAddress[]?[] _before;
    private readonly Stack<int> _pending = new();

    private DataAddresses(BpfInstruction[] code, int start, int end, IReadOnlyDictionary<int, DataAddress> loads)
    {
        _code = code;
        _start = start;
        _loads = loads;
        _before = new DataAddress[]?[end - start];
    }

    /// <summary>Looks at the function between two instructions.</summary>
    /// <param name="code">The program.</param>
    /// <param name="start">The function's first instruction.</param>
    /// <param name="end">One after its last.</param>
    /// <param name="loads">What 64-bit loads load, by instruction.</param>
    public static DataAddresses Follow(BpfInstruction[] code, int start, int end, IReadOnlyDictionary<int, DataAddress> loads)
    {
        DataAddresses addresses = new(code, start, end, loads);
        addresses.Reach(start, new DataAddress[Registers]);
        while (addresses._pending.TryPop(out int at)) addresses.Leave(at);
        return addresses;
    }

    /// <summary>What a register holds before an instruction, if that is the same address however it is reached.</summary>
    public DataAddress Of(byte register, int at) => _before[at - _start]?[register] ?? default;

    private void Leave(int at)
    {
        ref BpfInstruction one = ref _code[at];
        var after = (DataAddress[])_before[at - _start]!.Clone();
        DataAddress result = ResultOf(one, at, after);
        int writes = RegisterUse.Of(one).Writes;
        for (int register = 0; register < Registers; register++)
        {
            if ((writes >> register & 1) != 0) after[register] = register == one.Destination ? result : default;
        }

        if (Flow.GoesOn(one)) Reach(at + Flow.SlotsOf(one), after);
        if (Flow.TryGetJump(one, at, out int target)) Reach(target, after);
    }

    private DataAddress ResultOf(in BpfInstruction one, int at, DataAddress[] before)
    {
        if (one.Code == BpfOpcode.LoadImmediate64) return _loads.GetValueOrDefault(at);
        if (one.Code == MoveRegister && one.Offset == 0) return before[one.Source];
        if (one.Code != AddImmediate || before[one.Destination].MapName is null) return default;
        return before[one.Destination] with { Offset = unchecked(before[one.Destination].Offset + one.Immediate) };
    }

    private void Reach(int at, DataAddress[] with)
    {
        if ((uint)(at - _start) >= (uint)_before.Length) return;
        DataAddress[]? known = _before[at - _start];
        if (known is null)
        {
            _before[at - _start] = (DataAddress[])with.Clone();
            _pending.Push(at);
            return;
        }

        // What is known only shrinks: this ends.
        bool changed = false;
        for (int register = 0; register < Registers; register++)
        {
            if (known[register].MapName is null || known[register] == with[register]) continue;
            known[register] = default;
            changed = true;
        }

        if (changed) _pending.Push(at);
    }
}

using System.Numerics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>
/// The instructions that a function begins with so that it has the addresses of data maps' values on its stack. It keeps its
/// arguments, which the lookup overwrites, in the registers that calls leave alone: they are free when a function begins.
/// </summary>
internal sealed class FunctionOpening
{
    private const int MostStack = 512;
    private const int SlotSize = 8;
    private const byte FramePointer = 10;
    private const byte FirstKept = 6;
    private const byte LastKept = 9;
    private const byte Word = 0x62;
    private const byte DoubleWordStore = 0x7b;
    private const byte DoubleWordLoad = 0x79;
    private const byte MoveRegister = 0xbf;
    private const byte AddImmediate = 0x07;
    private const byte JumpUnlessEqual = 0x55;

    private readonly string[] _maps;
    private readonly short _key;

    /// <param name="program">The program, for what is said when there is no room.</param>
    /// <param name="maps">The maps whose values the function uses.</param>
    /// <param name="stack">How much of the stack the function itself uses.</param>
    /// <param name="function">Its first instruction.</param>
    /// <exception cref="BpfException">The stack has no room for the addresses.</exception>
    public FunctionOpening(ProgramSpec program, string[] maps, int stack, int function)
    {
        _maps = maps;
        int key = ((stack + SlotSize - 1) & -SlotSize) + SlotSize;
        // The key, the addresses, and room for one argument.
        int needed = key + ((maps.Length + 1) * SlotSize);
        if (maps.Length > 0 && needed > MostStack)
        {
            throw new BpfException($"program '{program.Name}': the function at instruction {function} uses {stack} bytes of stack, which leaves no room for "
                + $"what it needs on a kernel without global variables: {needed} of {MostStack} bytes");
        }

        _key = (short)-key;
    }

    /// <summary>Where in the instructions which map's address is loaded.</summary>
    public List<(int Index, string Map)> Lookups { get; } = [];

    /// <summary>Two instructions that give the address of a variable.</summary>
    public BpfInstruction[] Take(byte register, in DataAddress variable) =>
    [
        new() { Code = DoubleWordLoad, Destination = register, Source = FramePointer, Offset = SlotOf(variable.MapName!) },
        new() { Code = AddImmediate, Destination = register, Immediate = variable.Offset },
    ];

    /// <summary>Two instructions in the place of an address that nobody needs.</summary>
    public static BpfInstruction[] Nothing(byte register)
    {
        BpfInstruction set = new() { Code = BpfOpcode.SetRegister, Destination = register };
        return [set, set];
    }

    /// <summary>The instructions.</summary>
    /// <param name="arguments">The registers that the function is given something in, a bit for each.</param>
    public BpfInstruction[] Write(int arguments)
    {
        List<BpfInstruction> code = [];
        List<BpfInstruction> restore = [];
        for (byte kept = FirstKept; arguments != 0; kept++, arguments &= arguments - 1)
        {
            byte argument = (byte)BitOperations.TrailingZeroCount(arguments);
            code.Add(kept <= LastKept ? Copy(kept, argument) : new() { Code = DoubleWordStore, Destination = FramePointer, Source = argument, Offset = ArgumentSlot });
            restore.Add(kept <= LastKept ? Copy(argument, kept) : new() { Code = DoubleWordLoad, Destination = argument, Source = FramePointer, Offset = ArgumentSlot });
        }

        code.Add(new() { Code = Word, Destination = FramePointer, Offset = _key });
        foreach (string map in _maps) LookUp(code, map);
        return [.. code, .. restore];
    }

    private short ArgumentSlot => (short)(_key - ((_maps.Length + 1) * SlotSize));

    private short SlotOf(string map) => (short)(_key - ((Array.IndexOf(_maps, map) + 1) * SlotSize));

    private void LookUp(List<BpfInstruction> code, string map)
    {
        code.Add(Copy(2, FramePointer));
        code.Add(new() { Code = AddImmediate, Destination = 2, Immediate = _key });
        Lookups.Add((code.Count, map));
        code.Add(new() { Code = BpfOpcode.LoadImmediate64, Destination = 1, Source = BpfOpcode.SourceMap });
        code.Add(default);
        code.Add(new() { Code = BpfOpcode.Call, Immediate = (int)BpfFunctionId.MapLookupElem });
        // An array always has its only entry, which older verifiers do not know.
        code.Add(new() { Code = JumpUnlessEqual, Offset = 1 });
        code.Add(new() { Code = BpfOpcode.ClassJump | BpfOpcode.OperationExit });
        code.Add(new() { Code = DoubleWordStore, Destination = FramePointer, Offset = SlotOf(map) });
    }

    private static BpfInstruction Copy(byte to, byte from) => new() { Code = MoveRegister, Destination = to, Source = from };
}

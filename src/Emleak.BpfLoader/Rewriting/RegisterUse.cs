using System.Runtime.InteropServices;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>The registers that an instruction reads and those that it overwrites, a bit for each (RFC 9669, sections 4 and 5).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RegisterUse(int Reads, int Writes)
{
    /// <summary>r1 to r5: what is passed to a function.</summary>
    public const int Arguments = 0b11_1110;

    // What a call leaves nothing in.
    private const int Scratch = Arguments | 1;
    private const int Result = 1;
    private const int SocketBuffer = 1 << 6;
    private const byte Move = 0xb0;
    private const byte Negate = 0x80;
    private const byte SwapBytes = 0xd0;

    public static RegisterUse Of(in BpfInstruction one)
    {
        int destination = 1 << one.Destination;
        int source = 1 << one.Source;
        return (one.Code & BpfOpcode.ClassMask) switch
        {
            BpfOpcode.ClassWideLoad when one.Code == BpfOpcode.LoadImmediate64 => new(0, destination),
            // The old loads from a packet, whose socket buffer is in r6.
            BpfOpcode.ClassWideLoad => new(SocketBuffer | source, Scratch),
            BpfOpcode.ClassLoad => new(source, destination),
            BpfOpcode.ClassStoreImmediate => new(destination, 0),
            BpfOpcode.ClassStore => OfStore(one, destination, source),
            BpfOpcode.ClassJump or BpfOpcode.ClassJump32 => OfJump(one, destination, source),
            _ => OfArithmetic(one, destination, source),
        };
    }

    private static RegisterUse OfStore(in BpfInstruction one, int destination, int source)
    {
        const byte ModeMask = 0xe0, Atomic = 0xc0;
        const int Fetch = 1, CompareAndExchange = 0xf1, LoadAcquire = 0x100;
        if ((one.Code & ModeMask) != Atomic) return new(destination | source, 0);
        return one.Immediate switch
        {
            CompareAndExchange => new(destination | source | Result, Result),
            LoadAcquire => new(source, destination),
            _ => new(destination | source, (one.Immediate & Fetch) != 0 ? source : 0),
        };
    }

    private static RegisterUse OfJump(in BpfInstruction one, int destination, int source) => (one.Code & BpfOpcode.OperationMask) switch
    {
        BpfOpcode.OperationCall => new(Arguments, Scratch),
        BpfOpcode.OperationExit => new(Result, 0),
        BpfOpcode.OperationAlways or BpfOpcode.OperationMaybe => default,
        _ => new(destination | ((one.Code & BpfOpcode.SourceIsRegister) != 0 ? source : 0), 0),
    };

    private static RegisterUse OfArithmetic(in BpfInstruction one, int destination, int source)
    {
        int operation = one.Code & BpfOpcode.OperationMask;
        // Of the last two, the bit for a source register means something else.
        bool readsSource = (one.Code & BpfOpcode.SourceIsRegister) != 0 && operation is not (Negate or SwapBytes);
        return new((operation == Move ? 0 : destination) | (readsSource ? source : 0), destination);
    }
}

using Emleak.Elf;
using Emleak.Tracing.Records;
using Iced.Intel;
using FileTable = Emleak.Symbols.Unwind.UnwindTable;

namespace Emleak.Tracing.Unwinding;

/// <summary>
/// Functions without unwind tables (musl's, for example): from their instructions it is known how far the stack pointer is below the
/// return address, and where the frame pointer was saved. All ways through a function are followed from its first instruction.
/// </summary>
internal sealed class X64Prologues
{
    // A C library has some hundred thousand instructions; a program of millions without tables is not worth the wait.
    private const int MostInstructions = 1 << 19;
    private const int MostSymbols = 1 << 16;

    // Of functions, as compilers place them.
    private const int Alignment = 16;

    private const Symbols.Unwind.UnwindKind None = Symbols.Unwind.UnwindKind.None;

    // As the programs look for it: mov $15, %rax; syscall.
    private static ReadOnlySpan<byte> SignalReturn => [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];

    private readonly byte[] _code;
    private readonly ulong _start;
    private readonly FileTable _table;
    private readonly Dictionary<ulong, (int Length, UnwindRule Rule)> _rules = [];
    private readonly HashSet<ulong> _entered = [];
    private readonly Queue<ulong> _functions = new();
    private readonly Stack<(ulong Address, FrameState State)> _open = new();

    private X64Prologues(byte[] code, ulong start, FileTable table) => (_code, _start, _table) = (code, start, table);

    /// <summary>Rules for what a file's table leaves out; none when it describes most of the code.</summary>
    public static IReadOnlyList<CodeRule> Analyze(ElfImage image, FileTable table)
    {
        try
        {
            List<CodeRule> found = [];
            foreach (ElfSegment segment in image.Segments)
            {
                if (segment is not { IsLoad: true, IsExecutable: true, FileSize: > 0 and <= int.MaxValue } || IsDescribed(segment, table)) continue;
                ulong[] entries = [.. EntriesOf(image).Where(address => address - segment.Address < segment.FileSize && table.Find(address).Kind == None)];
                if (entries.Length > 0) found.AddRange(new X64Prologues(image.GetData(segment).ToArray(), segment.Address, table).Follow(entries));
            }

            return found;
        }
        catch (MalformedDataException)
        {
            return [];
        }
    }

    // Nearly all files describe all of their code but a few hundred bytes.
    private static bool IsDescribed(in ElfSegment segment, FileTable table)
    {
        ulong described = 0;
        for (int i = 0; i + 1 < table.Rows.Length; i++)
        {
            if (table.Rules[table.Rows[i].Rule].Kind != None) described += table.Rows[i + 1].Offset - table.Rows[i].Offset;
        }

        return described >= segment.FileSize / 4 * 3;
    }

    private static List<ulong> EntriesOf(ElfImage image)
    {
        List<ulong> found = [];
        AddEntries(found, image.DynamicSymbols);
        AddEntries(found, image.Symbols);
        return found;
    }

    private static void AddEntries(List<ulong> found, in ElfSymbolTable symbols)
    {
        for (int i = 0; i < Math.Min(symbols.Count, MostSymbols); i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbol is { IsDefined: true, Kind: ElfSymbolKind.Function }) found.Add(symbol.Value);
        }
    }

    private IEnumerable<CodeRule> Follow(ulong[] entries)
    {
        foreach (ulong entry in entries) Enter(entry);
        FollowAll();

        // Again, now that it is known where functions begin: a call that does not return is often the last instruction before another one.
        _rules.Clear();
        foreach (ulong entry in _entered) _functions.Enqueue(entry);
        FollowAll();
        AddSignalReturns();
        return _rules.Select(rule => new CodeRule(rule.Key, rule.Key + (ulong)rule.Value.Length, rule.Value.Rule));
    }

    private void FollowAll()
    {
        while (_functions.TryDequeue(out ulong function))
        {
            _open.Push((function, FrameState.AtEntry));
            while (_open.TryPop(out (ulong Address, FrameState State) next)) FollowLine(next.Address, next.State);
        }
    }

    // A handler returns to it: what is looked up is the byte before.
    private void AddSignalReturns()
    {
        for (int at = 1; at < _code.Length; at += SignalReturn.Length)
        {
            int next = _code.AsSpan(at).IndexOf(SignalReturn);
            if (next < 0) return;
            at += next;
            if (_table.Find(_start + (ulong)at).Kind == None) _rules[_start + (ulong)at - 1] = (1 + SignalReturn.Length, new UnwindRule { Kind = UnwindKind.Signal });
        }
    }

    private void Enter(ulong function)
    {
        if (function - _start < (ulong)_code.Length && _table.Find(function).Kind == None && _entered.Add(function)) _functions.Enqueue(function);
    }

    // To the next instruction that the code does not go on behind.
    private void FollowLine(ulong address, FrameState state)
    {
        ByteArrayCodeReader reader = new(_code);
        Decoder decoder = Decoder.Create(64, reader);
        while (address - _start < (ulong)_code.Length && _rules.Count < MostInstructions && !_rules.ContainsKey(address))
        {
            int at = (int)(address - _start);
            if (_code.AsSpan(at).StartsWith(SignalReturn) || (_entered.Contains(address) && state != FrameState.AtEntry)) return;

            reader.Position = at;
            decoder.IP = address;
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid || _table.Find(address).Kind != None) return;
            _rules[address] = (instruction.Length, state.Rule);
            // Of code, compilers take the addresses of functions alone.
            if (instruction is { Mnemonic: Mnemonic.Lea, IsIPRelativeMemoryOperand: true } && instruction.IPRelativeMemoryAddress % Alignment == 0) Enter(instruction.IPRelativeMemoryAddress);
            if (!state.TryApply(instruction)) return;
            switch (instruction.FlowControl)
            {
                case FlowControl.Next or FlowControl.IndirectCall:
                    break;
                case FlowControl.Call:
                    if (instruction.IsCallNear) Enter(instruction.NearBranchTarget);
                    break;
                case FlowControl.ConditionalBranch:
                    _open.Push((instruction.NearBranchTarget, state));
                    break;
                case FlowControl.UnconditionalBranch:
                    _open.Push((instruction.NearBranchTarget, state));
                    return;
                default:
                    return;
            }

            address += (ulong)instruction.Length;
        }
    }

    /// <summary>What is known of a frame before an instruction.</summary>
    /// <param name="Depth">From the stack pointer up to the frame's canonical address, in bytes; 0 when it is not known.</param>
    /// <param name="Base">The same from the frame pointer; 0 when it does not point into the frame.</param>
    /// <param name="Saved">Where the caller's frame pointer is, in bytes below the canonical address; 0 in its register.</param>
    private record struct FrameState(int Depth, int Base, int Saved)
    {
        private const int Word = 8;

        public static FrameState AtEntry => new(Word, 0, 0);

        public readonly UnwindRule Rule => new()
        {
            Kind = Depth > 0 ? UnwindKind.StackPointer : UnwindKind.FramePointer,
            CfaOffset = Depth > 0 ? Depth : Base,
            FramePointer = (short)(-Saved / Word),
            ReturnAddress = -1,
        };

        /// <summary>False when nothing is known any more.</summary>
        public bool TryApply(in Instruction instruction)
        {
            bool isToStackPointer = instruction.Op0Kind == OpKind.Register && instruction.Op0Register == Register.RSP;
            switch (instruction.Mnemonic)
            {
                case Mnemonic.Push:
                    Depth += Depth > 0 ? Word : 0;
                    if (instruction.Op0Register == Register.RBP && instruction.Op0Kind == OpKind.Register && Saved == 0) Saved = Depth;
                    break;
                case Mnemonic.Pop when isToStackPointer:
                    return false;
                case Mnemonic.Pop:
                    Depth -= Depth > 0 ? Word : 0;
                    if (instruction.Op0Register == Register.RBP && instruction.Op0Kind == OpKind.Register) (Saved, Base) = (0, 0);
                    break;
                case Mnemonic.Leave:
                    (Depth, Saved, Base) = (Base - Word, 0, 0);
                    break;
                case Mnemonic.Sub or Mnemonic.Add when isToStackPointer:
                    if (instruction.Op1Kind is not (OpKind.Immediate8to64 or OpKind.Immediate32to64)) Depth = 0;
                    else if (Depth > 0) Depth += (int)(long)instruction.GetImmediate(1) * (instruction.Mnemonic == Mnemonic.Sub ? 1 : -1);
                    break;
                case Mnemonic.And when isToStackPointer:
                    Depth = 0;
                    break;
                case Mnemonic.Lea when isToStackPointer:
                    Depth = DepthAt(instruction);
                    break;
                case Mnemonic.Mov when isToStackPointer:
                    Depth = instruction.Op1Register == Register.RBP && instruction.Op1Kind == OpKind.Register ? Base : 0;
                    break;
                case Mnemonic.Mov when instruction is { Op0Kind: OpKind.Register, Op0Register: Register.RBP, Op1Kind: OpKind.Register, Op1Register: Register.RSP }:
                    Base = Depth;
                    break;
                // The mark of a thread's first frame: nobody's frame pointer was saved.
                case Mnemonic.Xor when Saved == 0 && instruction is { Op0Kind: OpKind.Register, Op0Register: Register.EBP or Register.RBP }:
                    return false;
            }

            return Depth > 0 || Base > 0;
        }

        // lea N(%rsp), %rsp and lea N(%rbp), %rsp.
        private readonly int DepthAt(in Instruction instruction)
        {
            int displacement = (int)(long)instruction.MemoryDisplacement64;
            if (instruction.MemoryIndex != Register.None) return 0;
            return instruction.MemoryBase switch
            {
                Register.RSP when Depth > 0 => Depth - displacement,
                Register.RBP when Base > 0 => Base - displacement,
                _ => 0,
            };
        }
    }
}

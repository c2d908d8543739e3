using Emleak.Elf;
using Emleak.Symbols.Unwind;
using Iced.Intel;

namespace Emleak.Probes;

/// <summary>Reads a file's code, instruction by instruction, as far as the flow of control goes.</summary>
/// <param name="image">The file.</param>
/// <param name="rows">How to get from a frame of its code to the caller's.</param>
/// <param name="choosers">Functions of the file that choose one that gives back its first argument.</param>
internal sealed class CodeReader(ElfImage image, UnwindTable rows, IReadOnlySet<ulong> choosers)
{
    private const int Longest = 16;
    private const ulong BlockSize = 4096;

    // Relocations of x86-64 and aarch64 (their psABIs): the address of a function, or what the function at `addend` chooses.
    private const uint X64GlobalData = 6, X64JumpSlot = 7, X64Indirect = 37, Arm64GlobalData = 1025, Arm64JumpSlot = 1026, Arm64Indirect = 1032;

    private readonly Dictionary<ulong, byte[]> _blocks = [];
    private Dictionary<ulong, (uint Symbol, ulong Chooser)>? _imports;

    public ElfImage Image => image;

    public UnwindTable Rows => rows;

    /// <summary>The instruction at an address; <see cref="CodeFlow.End"/> where there is none.</summary>
    public CodeStep Read(ulong address)
    {
        if (!image.TryGetFileOffset(address, out ulong offset)) return new CodeStep(address, 1, CodeFlow.End);
        ReadOnlySpan<byte> code = Bytes(offset);
        return image.Machine == ElfMachine.X64 ? ReadX64(address, code) : ReadArm64(address, code);
    }

    /// <summary>Bytes at a place in the file, as many as an instruction has at most, or to the end.</summary>
    public ReadOnlySpan<byte> Bytes(ulong offset)
    {
        ulong start = offset / BlockSize * BlockSize;
        if (!_blocks.TryGetValue(start, out byte[]? block))
        {
            // Instructions may go over a block's end.
            block = image.GetBytes(start, Math.Min(BlockSize + Longest, (ulong)image.Length - start)).ToArray();
            _blocks.Add(start, block);
        }

        ReadOnlySpan<byte> rest = block.AsSpan((int)(offset - start));
        return rest[..Math.Min(Longest, rest.Length)];
    }

    /// <summary>Where the word that an indirect jump goes by leads within this very file: by its relocation; null when that is elsewhere.</summary>
    public ulong? TargetOf(ulong word)
    {
        _imports ??= ReadImports();
        if (!_imports.TryGetValue(word, out (uint Symbol, ulong Chooser) import) || import.Chooser != 0) return null;
        ElfSymbolTable symbols = image.DynamicSymbols;
        return import.Symbol < (uint)symbols.Count && symbols[(int)import.Symbol] is { IsDefined: true, Kind: not ElfSymbolKind.IndirectFunction } symbol ? symbol.Value : null;
    }

    /// <summary>True when that is a function of the C library that gives back its first argument, wherever it is.</summary>
    public bool GivesArgument(ulong word)
    {
        _imports ??= ReadImports();
        if (!_imports.TryGetValue(word, out (uint Symbol, ulong Chooser) import)) return false;
        if (import.Chooser != 0) return choosers.Contains(import.Chooser);
        ElfSymbolTable symbols = image.DynamicSymbols;
        if (import.Symbol >= (uint)symbols.Count) return false;
        ReadOnlySpan<byte> name = symbols.GetNamePrefix(symbols[(int)import.Symbol], 8);
        return name.SequenceEqual("memset"u8) || name.SequenceEqual("memcpy"u8) || name.SequenceEqual("memmove"u8);
    }

    /// <summary>The word by which an entry of the procedure linkage table jumps; null for other code.</summary>
    public ulong? LinkageWord(ulong address)
    {
        const int LongestEntry = 4;
        for (int i = 0; i < LongestEntry; i++)
        {
            CodeStep step = Read(address);
            if (step is { Flow: CodeFlow.IndirectJump, Target: not 0 }) return step.Target;
            if (step.Flow != CodeFlow.Next) return null;
            address = step.End;
        }

        return null;
    }

    // Words that the loader fills with the address of a function, and the symbols of these.
    private Dictionary<ulong, (uint Symbol, ulong Chooser)> ReadImports()
    {
        // gABI, "Relocation": SHT_RELA, and Elf64_Rela: offset, type, symbol, addend.
        const ElfSectionType Relocations = (ElfSectionType)4;
        const int RowSize = 24;
        Dictionary<ulong, (uint Symbol, ulong Chooser)> imports = [];
        foreach (ElfSection section in image.Sections)
        {
            if (section.Type != Relocations) continue;
            for (ReadOnlySpan<byte> rest = image.GetData(section); rest.Length >= RowSize; rest = rest[RowSize..])
            {
                uint type = BitConverter.ToUInt32(rest[8..]);
                if (type is not (X64GlobalData or X64JumpSlot or X64Indirect or Arm64GlobalData or Arm64JumpSlot or Arm64Indirect)) continue;
                bool isIndirect = type is X64Indirect or Arm64Indirect;
                imports[BitConverter.ToUInt64(rest)] = (BitConverter.ToUInt32(rest[12..]), isIndirect ? BitConverter.ToUInt64(rest[16..]) : 0);
            }
        }

        return imports;
    }

    private static CodeStep ReadX64(ulong address, ReadOnlySpan<byte> code)
    {
        Decoder decoder = Decoder.Create(64, code.ToArray(), address);
        Instruction instruction = decoder.Decode();
        if (instruction.IsInvalid) return new CodeStep(address, 1, CodeFlow.End);
        bool isDirect = instruction.Op0Kind == OpKind.NearBranch64;
        int size = instruction.Length;
        return instruction.FlowControl switch
        {
            FlowControl.Next => new CodeStep(address, size, CodeFlow.Next),
            FlowControl.Call when instruction.Code is Code.Syscall => new CodeStep(address, size, CodeFlow.Next),
            FlowControl.Call or FlowControl.IndirectCall => new CodeStep(address, size, CodeFlow.Call),
            FlowControl.ConditionalBranch or FlowControl.XbeginXabortXend => new CodeStep(address, size, CodeFlow.Branch, isDirect ? instruction.NearBranchTarget : 0),
            FlowControl.UnconditionalBranch when isDirect => new CodeStep(address, size, CodeFlow.Jump, instruction.NearBranchTarget),
            FlowControl.IndirectBranch => IndirectX64(instruction, size),
            FlowControl.Return => new CodeStep(address, size, CodeFlow.Return),
            _ => new CodeStep(address, size, CodeFlow.End),
        };
    }

    // `notrack` is what compilers write before jumps by their own tables; a table that is indexed in the jump itself is one, too.
    private static CodeStep IndirectX64(in Instruction instruction, int size)
    {
        if (instruction.SegmentPrefix == Register.DS || instruction.MemoryIndex != Register.None) return new CodeStep(instruction.IP, size, CodeFlow.TableJump);
        return new CodeStep(instruction.IP, size, CodeFlow.IndirectJump, instruction.IsIPRelativeMemoryOperand ? instruction.IPRelativeMemoryAddress : 0);
    }

    private CodeStep ReadArm64(ulong address, ReadOnlySpan<byte> code)
    {
        const int Size = Arm64Instruction.Size;
        if (code.Length < Size) return new CodeStep(address, Size, CodeFlow.End);
        Arm64Instruction instruction = new(BitConverter.ToUInt32(code));
        if (instruction.IsReturn) return new CodeStep(address, Size, CodeFlow.Return);
        if (instruction.IsIndirectJump) return new CodeStep(address, Size, CodeFlow.IndirectJump, LinkageWordBefore(address));
        if (instruction.IsCall) return new CodeStep(address, Size, CodeFlow.Call);
        if (instruction.IsTrap) return new CodeStep(address, Size, CodeFlow.End);
        if (instruction.BranchDistance is not int distance) return new CodeStep(address, Size, CodeFlow.Next);
        ulong target = unchecked(address + (ulong)(long)distance);
        return new CodeStep(address, Size, instruction.IsUnconditionalJump ? CodeFlow.Jump : CodeFlow.Branch, target);
    }

    // An entry of the procedure linkage table: adrp x16, page; ldr x17, [x16, offset]; add x16, x16, offset; br x17.
    private ulong LinkageWordBefore(ulong address)
    {
        if (!image.TryGetFileOffset(address - 12, out ulong offset)) return 0;
        ReadOnlySpan<byte> code = Bytes(offset);
        if (code.Length < 16) return 0;
        uint page = BitConverter.ToUInt32(code), load = BitConverter.ToUInt32(code[4..]), jump = BitConverter.ToUInt32(code[12..]);
        if ((page & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211 || jump != 0xd61f0220) return 0;
        long pages = ((long)(int)(page << 8) >> 13 << 2) | ((page >> 29) & 3);
        ulong start = (address - 12) & ~0xfffUL;
        return unchecked(start + ((ulong)pages << 12)) + (((load >> 10) & 0xfff) << 3);
    }
}

using Emleak.Elf;
using Emleak.Tracing.Records;
using Iced.Intel;

namespace Emleak.Tracing.Unwinding;

/// <summary>
/// Go calls C on another stack: runtime.asmcgocall leaves the goroutine and the depth of its stack above its own stack pointer
/// (runtime/asm_amd64.s), how far above differs between versions. The code says it.
/// </summary>
internal static class GoStackSwitch
{
    private const int MostBytes = 512;

    private static readonly string[] Names = ["runtime.asmcgocall.abi0", "runtime.asmcgocall"];

    /// <summary>The rule for the function; none for a program that is not Go's.</summary>
    public static IEnumerable<CodeRule> Find(ElfImage image)
    {
        if (image.FindSection(".gopclntab") is null && image.FindSection(".data.rel.ro.gopclntab") is null) return [];
        try
        {
            foreach ((ulong start, ulong size) in FunctionsOf(image))
            {
                if (!image.TryGetFileOffset(start, out ulong offset)) continue;
                if (RuleOf(image.GetBytes(offset, Math.Min(size, MostBytes)), start) is { } rule) return [new CodeRule(start, start + size, rule)];
            }
        }
        catch (MalformedDataException)
        {
            // The walk ends there.
        }

        return [];
    }

    private static List<(ulong Start, ulong Size)> FunctionsOf(ElfImage image)
    {
        List<(ulong, ulong)> found = [];
        ElfSymbolTable symbols = image.Symbols;
        for (int i = 0; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbol.IsDefined && symbol.Size > 0 && Names.Contains(symbols.GetNameString(symbol))) found.Add((symbol.Value, symbol.Size));
        }

        return found;
    }

    // mov %rdi, G(%rsp) saves the goroutine; mov 8(%rdi), %rdi; sub %rdx, %rdi; mov %rdi, D(%rsp) the depth. Then the call.
    private static UnwindRule? RuleOf(ReadOnlySpan<byte> code, ulong address)
    {
        Decoder decoder = Decoder.Create(64, code.ToArray(), address);
        List<int> saved = [];
        while (decoder.IP < address + (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid) return null;
            bool isSaved = instruction is { Mnemonic: Mnemonic.Mov, Op0Kind: OpKind.Memory, MemoryBase: Register.RSP, MemoryIndex: Register.None, Op1Kind: OpKind.Register };
            if (isSaved && instruction.Op1Register == Register.RDI) saved.Add((int)instruction.MemoryDisplacement64);
            if (instruction.Mnemonic != Mnemonic.Call || instruction.Op0Kind != OpKind.Register) continue;
            return saved is [int goroutine, int depth] ? new UnwindRule { Kind = UnwindKind.GoSwitch, At = goroutine, CfaOffset = depth } : null;
        }

        return null;
    }
}

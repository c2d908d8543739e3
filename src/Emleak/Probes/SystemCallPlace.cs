using System.Runtime.InteropServices;
using Emleak.Elf;
using Emleak.Tracing.Records;
using Iced.Intel;
using Code = Iced.Intel.Code;

namespace Emleak.Probes;

/// <summary>
/// The place in a function of the C library at which its system call is over: there the result is in its register, and the arguments are
/// still in theirs (aarch64: all but the first). What follows is a comparison and a jump, which the kernel emulates.
/// </summary>
internal static class SystemCallPlace
{
    // asm/unistd.h of the two machines.
    private static readonly Dictionary<Shape, (int X64, int Arm64)> Numbers = new()
    {
        [Shape.Mmap] = (9, 222),
        [Shape.Munmap] = (11, 215),
        [Shape.Mremap] = (25, 216),
    };

    /// <summary>
    /// Finds it: its offset in the function, and whether a hit there costs one exception. Compilers may have written the call more than once; none when
    /// it is not there, or another one is.
    /// </summary>
    /// <param name="machine">Whose code it is.</param>
    /// <param name="code">The whole function.</param>
    /// <param name="kind">What the function does. Of munmap the place is on the path of failure alone, if there is one.</param>
    public static IReadOnlyList<(int Offset, bool IsEmulated)> Find(ElfMachine machine, ReadOnlySpan<byte> code, Shape kind) => machine switch
    {
        ElfMachine.X64 => FindX64(code, kind),
        ElfMachine.Arm64 when code.Length % Arm64Instruction.Size == 0 => FindArm64(MemoryMarshal.Cast<byte, uint>(code), kind),
        _ => [],
    };

    private static List<(int Offset, bool IsEmulated)> FindX64(ReadOnlySpan<byte> code, Shape kind)
    {
        List<(int, bool)> places = [];
        List<Instruction> instructions = X64Placement.Decode(code);
        if (instructions.Exists(instruction => instruction.IsInvalid || instruction.FlowControl == FlowControl.IndirectBranch)) return [];
        for (int i = 0; i < instructions.Count; i++)
        {
            if (instructions[i].Code != Code.Syscall) continue;
            if (FindX64(instructions, i, kind) is not (int, bool) place) return [];
            places.Add(place);
        }

        return places;
    }

    private static (int Offset, bool IsEmulated)? FindX64(List<Instruction> instructions, int call, Shape kind)
    {
        if (call + 1 >= instructions.Count || NumberBefore(instructions, call) != Numbers[kind].X64) return null;
        int place = PlaceAfter(instructions, call, kind);
        ulong after = instructions[call].NextIP;
        ulong end = instructions[place].IP;
        if (instructions.Exists(instruction => Target(instruction) is ulong target && target >= after && target <= end)) return null;
        if (kind == Shape.Munmap && PathOfFailure(instructions, place) is int failure) return (failure, false);
        return ((int)end, X64Placement.IsEmulated(instructions[place]));
    }

    private static int PlaceAfter(List<Instruction> instructions, int call, Shape kind)
    {
        HashSet<Register> kept = [Register.RAX];
        if (kind == Shape.Mmap) kept.Add(Register.RSI);
        if (kind == Shape.Mremap) kept.UnionWith([Register.RDX, Register.R10]);
        InstructionInfoFactory factory = new();
        for (int i = call + 1; i < instructions.Count; i++)
        {
            if (X64Placement.IsEmulated(instructions[i])) return i;
            if (instructions[i].FlowControl != FlowControl.Next || X64Placement.FindChanged(factory, instructions[i], kept) is not null) break;
        }

        return call + 1;
    }

    // cmp $-4095, %rax; jae failed.
    private static int? PathOfFailure(List<Instruction> instructions, int jump)
    {
        Instruction comparison = instructions[jump - 1], instruction = instructions[jump];
        bool compares = comparison.Mnemonic == Mnemonic.Cmp && comparison.Op0Register == Register.RAX && comparison.Op1Kind != OpKind.Register;
        if (!compares || instruction.ConditionCode is not (ConditionCode.a or ConditionCode.ae) || Target(instruction) is not ulong target) return null;
        return instructions.Exists(other => other.IP == target) ? (int)target : null;
    }

    private static ulong? Target(in Instruction instruction) =>
        instruction.Op0Kind == OpKind.NearBranch64 && instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch
            ? instruction.NearBranchTarget
            : null;

    private static long? NumberBefore(List<Instruction> instructions, int call)
    {
        for (int i = call - 1; i >= 0 && instructions[i].FlowControl == FlowControl.Next; i--)
        {
            if (instructions[i].OpCount == 0 || instructions[i].Op0Kind != OpKind.Register || instructions[i].Op0Register.GetFullRegister() != Register.RAX) continue;
            return instructions[i].Code is Code.Mov_r32_imm32 or Code.Mov_rm32_imm32 or Code.Mov_rm64_imm32 ? (long)instructions[i].GetImmediate(1) : null;
        }

        return null;
    }

    private static List<(int Offset, bool IsEmulated)> FindArm64(ReadOnlySpan<uint> words, Shape kind)
    {
        List<(int, bool)> places = [];
        for (int i = 0; i < words.Length; i++)
        {
            Arm64Instruction instruction = new(words[i]);
            if (instruction.IsIndirectJump) return [];
            if (!instruction.IsSystemCall) continue;
            if (FindArm64(words, i, kind) is not (int, bool) place) return [];
            places.Add(place);
        }

        return places;
    }

    private static (int Offset, bool IsEmulated)? FindArm64(ReadOnlySpan<uint> words, int call, Shape kind)
    {
        if (call + 1 >= words.Length || NumberBefore(words, call) != Numbers[kind].Arm64) return null;
        int place = PlaceAfter(words, call, kind);
        for (int i = 0; i < words.Length; i++)
        {
            if (new Arm64Instruction(words[i]).BranchDistance is not int distance) continue;
            int target = i + (distance / Arm64Instruction.Size);
            if (target > call && target <= place) return null;
        }

        Arm64Instruction chosen = new(words[place]);
        // b.hi failed; b.cs failed.
        bool isFailure = kind == Shape.Munmap && chosen.IsJumpIfAbove;
        if (isFailure && place + (chosen.BranchDistance!.Value / Arm64Instruction.Size) is int failure && failure >= 0 && failure < words.Length)
            return (failure * Arm64Instruction.Size, false);
        return (place * Arm64Instruction.Size, chosen.IsSimulated);
    }

    private static int PlaceAfter(ReadOnlySpan<uint> words, int call, Shape kind)
    {
        uint kept = kind switch { Shape.Mmap => 0b0011, Shape.Mremap => 0b1101, _ => 0b0001 };
        for (int i = call + 1; i < words.Length; i++)
        {
            Arm64Instruction instruction = new(words[i]);
            if (instruction.IsSimulated) return i;
            if (!instruction.IsStraight || (instruction.Writes & kept) != 0) break;
        }

        return call + 1;
    }

    private static int? NumberBefore(ReadOnlySpan<uint> words, int call)
    {
        const uint NumberRegister = 1u << 8;
        for (int i = call - 1; i >= 0; i--)
        {
            Arm64Instruction instruction = new(words[i]);
            if (instruction.SystemCallNumber is int number) return number;
            if (!instruction.IsStraight || (instruction.Writes & NumberRegister) != 0) return null;
        }

        return null;
    }
}

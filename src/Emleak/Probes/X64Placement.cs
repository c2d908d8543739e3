using Iced.Intel;

namespace Emleak.Probes;

/// <summary>
/// Chooses the instruction of an x86-64 function that a probe goes to. The kernel emulates only a few instructions
/// (arch/x86/kernel/uprobes.c: branch_setup_xol_ops, push_setup_xol_ops) and single-steps the others out of line, which
/// costs a second exception at every hit. The first emulated instruction on the straight line from the entry is as good
/// as the entry itself, provided that the state the probe reads is still the entry's, and that nothing jumps there.
/// </summary>
internal static class X64Placement
{
    private static readonly Register[] ArgumentRegisters = [Register.RDI, Register.RSI, Register.RDX, Register.RCX, Register.R8, Register.R9];

    /// <param name="code">The whole function.</param>
    /// <param name="arguments">What the probe reads.</param>
    /// <param name="readsReturnAddress">True when the probe needs the stack pointer at the return address: a return probe is there too.</param>
    public static PlacementChoice Choose(ReadOnlySpan<byte> code, Arguments arguments, bool readsReturnAddress)
    {
        if (code.IsEmpty) return Entry("the size of the function is unknown");
        List<Instruction> instructions = Decode(code);
        if (instructions.Exists(instruction => instruction.IsInvalid)) return Entry("the function does not decode as a whole");
        if (IsEmulated(instructions[0])) return new PlacementChoice(0, true, $"the entry is emulated: {instructions[0]}");

        HashSet<Register> kept = RegistersOf(arguments);
        if (readsReturnAddress) kept.Add(Register.RSP);
        if (FindEmulated(instructions, kept, out string obstacle) is not Instruction chosen) return Entry(obstacle);
        if (FindBranchInto(instructions, chosen.IP) is string branch) return Entry(branch);
        return new PlacementChoice((int)chosen.IP, true, $"the first emulated instruction: {chosen}");
    }

    private static PlacementChoice Entry(string reason) => new(0, false, $"single-stepped at the entry: {reason}");

    /// <summary>All instructions, at addresses from 0 on.</summary>
    public static List<Instruction> Decode(ReadOnlySpan<byte> code)
    {
        Decoder decoder = Decoder.Create(64, code.ToArray(), ip: 0);
        List<Instruction> instructions = [];
        while (decoder.IP < (ulong)code.Length)
        {
            instructions.Add(decoder.Decode());
        }

        return instructions;
    }

    /// <summary>A register that an instruction changes and should not.</summary>
    public static Register? FindChanged(InstructionInfoFactory factory, in Instruction instruction, HashSet<Register> kept)
    {
        foreach (UsedRegister used in factory.GetInfo(instruction).GetUsedRegisters())
        {
            bool writes = used.Access is not (OpAccess.None or OpAccess.Read or OpAccess.CondRead or OpAccess.NoMemAccess);
            if (writes && kept.Contains(used.Register.GetFullRegister())) return used.Register.GetFullRegister();
        }

        return null;
    }

    private static HashSet<Register> RegistersOf(Arguments arguments)
    {
        HashSet<Register> registers = [];
        for (int i = 0; i < ArgumentRegisters.Length; i++)
        {
            if (((int)arguments & (1 << i)) != 0) registers.Add(ArgumentRegisters[i]);
        }

        return registers;
    }

    private static Instruction? FindEmulated(List<Instruction> instructions, HashSet<Register> kept, out string obstacle)
    {
        InstructionInfoFactory factory = new();
        foreach (Instruction instruction in instructions)
        {
            obstacle = "";
            if (IsEmulated(instruction)) return instruction;
            if (instruction.FlowControl != FlowControl.Next)
            {
                obstacle = $"the straight line ends at +{instruction.IP}: {instruction}";
                return null;
            }

            if (FindChanged(factory, instruction, kept) is not Register changed) continue;
            obstacle = $"+{instruction.IP} changes {changed}: {instruction}";
            return null;
        }

        obstacle = "no instruction of the straight line is emulated";
        return null;
    }

    /// <summary>
    /// A branch into the line from after the entry up to the chosen instruction would let calls pass the probe, or hit it
    /// twice. An indirect jump may go anywhere.
    /// </summary>
    private static string? FindBranchInto(List<Instruction> instructions, ulong chosen)
    {
        foreach (Instruction instruction in instructions)
        {
            if (instruction.FlowControl == FlowControl.IndirectBranch) return $"an indirect jump at +{instruction.IP}: {instruction}";
            bool isDirect = instruction.FlowControl
                is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch or FlowControl.Call or FlowControl.XbeginXabortXend;
            if (isDirect && instruction.NearBranchTarget is > 0 and ulong target && target <= chosen && instruction.Op0Kind == OpKind.NearBranch64)
            {
                return $"+{instruction.IP} jumps to +{target}";
            }
        }

        return null;
    }

    /// <summary>True when every kernel emulates it.</summary>
    public static bool IsEmulated(in Instruction instruction) => instruction.Code switch
    {
        // Only the one-byte nop: multi-byte ones are emulated by newer kernels alone (6.18).
        Code.Nopd or Code.Nopq or Code.Nopw => instruction.Length == 1,

        // push r64 without prefix, or with REX.B for r8 to r15.
        Code.Push_r64 => instruction.Length <= 2,
        Code.Jmp_rel8_64 or Code.Jmp_rel32_64 or Code.Call_rel32_64 => true,

        // With a 16-bit operand prefix, which makes the kernel refuse it, a branch has another operand kind.
        _ => instruction.IsJccShortOrNear && instruction.Op0Kind == OpKind.NearBranch64,
    };
}

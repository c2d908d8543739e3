using System.Globalization;
using System.Runtime.InteropServices;

namespace Emleak.Probes;

/// <summary>
/// Chooses the instruction of an AArch64 function that a probe goes to. The kernel simulates branches, addresses relative to the
/// instruction, and literal loads, and single-steps the others out of line, which costs a second exception at every hit. The rules
/// are those of <see cref="X64Placement"/>, and one more: a return probe puts its address into the link register, so nothing
/// before the probe may have signed it, saved it or copied it.
/// </summary>
internal static class Arm64Placement
{
    private const int ArgumentRegisters = 6;

    /// <param name="code">The whole function.</param>
    /// <param name="arguments">What the probe reads.</param>
    /// <param name="readsReturnAddress">True when a return probe is there too.</param>
    public static PlacementChoice Choose(ReadOnlySpan<byte> code, Arguments arguments, bool readsReturnAddress)
    {
        if (code.IsEmpty || code.Length % Arm64Instruction.Size != 0) return Entry("the size of the function is unknown");
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(code);
        if (new Arm64Instruction(words[0]).IsSimulated) return Found(0, words[0], "the entry is simulated");

        uint kept = (uint)arguments & ((1u << ArgumentRegisters) - 1);
        if (readsReturnAddress) kept |= (1u << Arm64Instruction.LinkRegister) | (1u << Arm64Instruction.StackPointer);
        int chosen = FindSimulated(words, kept, readsReturnAddress, out string obstacle);
        if (chosen < 0) return Entry(obstacle);
        return FindBranchInto(words, chosen) is string branch ? Entry(branch) : Found(chosen, words[chosen], "the first simulated instruction");
    }

    private static PlacementChoice Entry(string reason) => new(0, false, $"single-stepped at the entry: {reason}");

    private static PlacementChoice Found(int index, uint word, string reason) =>
        new(index * Arm64Instruction.Size, true, $"{reason}: {new Arm64Instruction(word)}");

    private static int FindSimulated(ReadOnlySpan<uint> words, uint kept, bool readsReturnAddress, out string obstacle)
    {
        // As good on newer kernels, and no worse than the entry on others.
        int nop = -1;
        obstacle = "no instruction of the straight line is simulated";
        for (int i = 0; i < words.Length; i++)
        {
            Arm64Instruction instruction = new(words[i]);
            if (instruction.IsSimulated) return i;
            if (instruction.IsNop && nop < 0) nop = i;
            if (Obstacle(instruction, kept, readsReturnAddress) is not string problem) continue;
            obstacle = string.Create(CultureInfo.InvariantCulture, $"+{i * Arm64Instruction.Size} {problem}: {instruction}");
            break;
        }

        return nop;
    }

    private static string? Obstacle(Arm64Instruction instruction, uint kept, bool readsReturnAddress)
    {
        if (!instruction.IsStraight) return "is not known to go on";
        if ((instruction.Writes & kept) != 0) return "changes what the probe reads";
        return readsReturnAddress && instruction.MayRead(Arm64Instruction.LinkRegister) ? "may copy the return address" : null;
    }

    /// <summary>
    /// A branch into the line from after the entry up to the chosen instruction would let calls pass the probe, or hit it
    /// twice. An indirect jump may go anywhere.
    /// </summary>
    private static string? FindBranchInto(ReadOnlySpan<uint> words, int chosen)
    {
        for (int i = 0; i < words.Length; i++)
        {
            Arm64Instruction instruction = new(words[i]);
            int at = i * Arm64Instruction.Size;
            if (instruction.IsIndirectJump) return string.Create(CultureInfo.InvariantCulture, $"an indirect jump at +{at}: {instruction}");
            long target = instruction.BranchDistance is int distance ? at + (long)distance : 0;
            if (target > 0 && target <= chosen * Arm64Instruction.Size)
                return string.Create(CultureInfo.InvariantCulture, $"+{at} jumps to +{target}");
        }

        return null;
    }
}

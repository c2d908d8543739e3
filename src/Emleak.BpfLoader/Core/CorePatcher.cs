using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Core;

/// <summary>Writes the answer to a relocation into its instruction.</summary>
internal static class CorePatcher
{
    /// <summary>
    /// The helper number of instructions that must not be reached: the verifier refuses them by this number, which
    /// everybody who reads its log knows from other loaders.
    /// </summary>
    public const int PoisonHelper = 0xbad2310;

    /// <summary>Makes reaching the instruction an error, and only that.</summary>
    public static void Poison(BpfInstruction[] code, int at)
    {
        bool isWide = code[at].Code == BpfOpcode.LoadImmediate64 && at + 1 < code.Length;
        code[at] = new BpfInstruction { Code = BpfOpcode.Call, Immediate = PoisonHelper };
        if (isWide) code[at + 1] = code[at];
    }

    /// <param name="code">The program.</param>
    /// <param name="at">The instruction.</param>
    /// <param name="old">What the compiler put there.</param>
    /// <param name="value">What to put there.</param>
    /// <param name="isResizable">Whether a load or store may change its size with the field's.</param>
    public static void Patch(BpfInstruction[] code, int at, in CoreValue old, in CoreValue value, bool isResizable)
    {
        ref BpfInstruction instruction = ref code[at];
        switch (instruction.Code & BpfOpcode.ClassMask)
        {
            case BpfOpcode.ClassArithmetic32 or BpfOpcode.ClassArithmetic64 when (instruction.Code & BpfOpcode.SourceIsRegister) == 0:
                // Negative enumerators arrive as sign-extended 64-bit numbers.
                if (value.Value > uint.MaxValue && (long)value.Value is < int.MinValue or > int.MaxValue) throw DoesNotFit(at, value.Value, "32-bit immediate");
                instruction.Immediate = unchecked((int)value.Value);
                break;
            case BpfOpcode.ClassLoad or BpfOpcode.ClassStoreImmediate or BpfOpcode.ClassStore:
                if (value.Value > (ulong)short.MaxValue) throw DoesNotFit(at, value.Value, "16-bit offset");
                bool isResized = old.Size != value.Size && value.Size != 0 && old.Size != 0;
                if (isResized && !(isResizable && TryResize(ref instruction, old.Size, value.Size)))
                {
                    Poison(code, at);
                    break;
                }

                instruction.Offset = (short)value.Value;
                break;
            case BpfOpcode.ClassWideLoad when instruction.Code == BpfOpcode.LoadImmediate64 && instruction.Source == 0 && at + 1 < code.Length:
                instruction.Immediate = unchecked((int)value.Value);
                code[at + 1].Immediate = unchecked((int)(value.Value >> 32));
                break;
            default:
                throw new CoreRelocationException($"instruction {at}: code 0x{instruction.Code:x2} cannot be relocated");
        }
    }

    private static bool TryResize(ref BpfInstruction instruction, uint oldSize, uint newSize)
    {
        if (SizeBits(oldSize) != (instruction.Code & BpfOpcode.SizeMask) || SizeBits(newSize) is not { } bits) return false;
        instruction.Code = (byte)((instruction.Code & ~BpfOpcode.SizeMask) | bits);
        return true;
    }

    private static int? SizeBits(uint size) => size switch
    {
        4 => 0x00,
        2 => 0x08,
        1 => 0x10,
        8 => 0x18,
        _ => null,
    };

    private static CoreRelocationException DoesNotFit(int at, ulong value, string place) =>
        new($"instruction {at}: {unchecked((long)value)} does not fit its {place}");
}

using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>
/// DWARF expressions for the CFA (DW_CFA_def_cfa_expression), recognised by their shape. Compilers and linkers write few: the
/// value stored at a register's offset, perhaps with something added, and that of a procedure linkage table.
/// </summary>
internal static class CfaExpression
{
    // DW_OP_breg0; the register's number is added (DWARF 5, 2.5.1.2).
    private const byte RegisterBase = 0x70;
    private const byte Dereference = 0x06;
    private const byte AddConstant = 0x23;

    /// <summary>Sets where the CFA is; to <see cref="UnwindKind.Unknown"/> when the shape is not known.</summary>
    public static void Apply(ReadOnlySpan<byte> expression, in UnwindRegisters registers, ref CallFrameState state)
    {
        (state.Kind, state.Offset, state.At) = (UnwindKind.Unknown, 0, 0);
        if (TryReadLinkageTable(expression, ref state)) return;
        ByteReader reader = new(expression, "call-frame expression");
        uint register = (uint)(reader.ReadU8() - RegisterBase);
        bool isFrame = register == registers.FramePointer;
        if (!isFrame && register != registers.StackPointer) return;
        long at = reader.ReadSleb128();
        if (reader.Remaining == 0)
        {
            (state.Kind, state.Offset) = (isFrame ? UnwindKind.FramePointer : UnwindKind.StackPointer, at);
            return;
        }

        if (reader.ReadU8() != Dereference) return;
        ulong offset = 0;
        if (reader.Remaining != 0)
        {
            if (reader.ReadU8() != AddConstant) return;
            offset = reader.ReadUleb128();
        }

        if (reader.Remaining != 0 || offset > int.MaxValue) return;
        (state.Kind, state.Offset, state.At) = (isFrame ? UnwindKind.AtFramePointer : UnwindKind.AtStackPointer, (long)offset, at);
    }

    /// <summary>Whether the expression is a register's value and nothing else, as in <c>DW_OP_breg6 0</c>.</summary>
    public static bool IsRegister(ReadOnlySpan<byte> expression, uint register) =>
        expression.Length == 2 && expression[0] == RegisterBase + register && expression[1] == 0;

    // rsp + 8 + ((rip & 15) >= N) * 8: the entry has pushed its number from byte N on. N is 10 or 11 (with endbr64).
    private static bool TryReadLinkageTable(ReadOnlySpan<byte> expression, ref CallFrameState state)
    {
        // breg7 8, breg16 0, lit15, and, litN, ge, lit3, shl, plus
        if (expression is not [0x77, 8, 0x80, 0, 0x3f, 0x1a, >= 0x30 and <= 0x3f, 0x2a, 0x33, 0x24, 0x22]) return false;
        (state.Kind, state.Offset, state.At) = (UnwindKind.LinkageTable, 8, expression[6] - 0x30);
        return true;
    }
}

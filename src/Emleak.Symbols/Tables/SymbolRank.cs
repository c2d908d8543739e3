using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Decides which of several symbols at one address gives the name. People expect what they wrote in their program:
/// <c>malloc</c>, not <c>__libc_malloc</c> or <c>__GI___libc_malloc</c>; <c>calloc</c>, though it is weak and
/// <c>__libc_calloc</c> is not. So, in this order: a symbol with a size (it was meant as a function); a function rather than a
/// table or an untyped label; one that other files see rather than a local one; fewer leading underscores; strong over weak; the
/// shorter name (<c>puts</c> for <c>puts@GLIBC_2.2.5</c>); and at last the one that sorts first, so that the answer does
/// not depend on the order in the file.
/// </summary>
internal static class SymbolRank
{
    // Enough to tell names apart that people write. Bounds the work for symbols that share one endless name.
    private const int ComparedBytes = 512;

    public static bool IsBetter(
        scoped in ElfSymbol left, ElfSymbolTable leftTable, scoped in ElfSymbol right, ElfSymbolTable rightTable)
    {
        int difference = Coarse(left) - Coarse(right);
        if (difference != 0) return difference < 0;

        ReadOnlySpan<byte> leftName = leftTable.GetNamePrefix(left, ComparedBytes);
        ReadOnlySpan<byte> rightName = rightTable.GetNamePrefix(right, ComparedBytes);
        difference = Underscores(leftName) - Underscores(rightName);
        if (difference != 0) return difference < 0;
        difference = Weakness(left) - Weakness(right);
        if (difference != 0) return difference < 0;
        difference = leftName.Length - rightName.Length;
        if (difference != 0) return difference < 0;
        return leftName.SequenceCompareTo(rightName) < 0;
    }

    private static int Coarse(in ElfSymbol symbol) =>
        (symbol.Size == 0 ? 4 : 0) + (symbol.Kind is ElfSymbolKind.None or ElfSymbolKind.Object ? 2 : 0) + (symbol.Binding == ElfSymbolBinding.Local ? 1 : 0);

    private static int Weakness(in ElfSymbol symbol) => symbol.Binding == ElfSymbolBinding.Weak ? 1 : 0;

    private static int Underscores(ReadOnlySpan<byte> name)
    {
        int count = name.IndexOfAnyExcept((byte)'_');
        return count < 0 ? name.Length : count;
    }
}

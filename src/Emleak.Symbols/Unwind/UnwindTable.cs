using Emleak.Elf;

namespace Emleak.Symbols.Unwind;

/// <summary>
/// What a file's call-frame information (<c>.eh_frame</c>: Linux Standard Base Core, 10.6; <c>.debug_frame</c>: DWARF 5, 6.4) says about
/// walking the stack: rows in ascending order, without holes, equal neighbours merged. x86-64 and aarch64. Immutable.
/// </summary>
/// <example>
/// <code>
/// UnwindTable table = UnwindTable.Read(image);
/// if (table.Find(linkedAddress) is { Kind: UnwindKind.StackPointer } rule) cfa = stackPointer + (ulong)rule.CfaOffset;
/// </code>
/// </example>
public sealed class UnwindTable
{
    private readonly UnwindRow[] _rows;
    private readonly UnwindRule[] _rules;

    internal UnwindTable(ulong start, UnwindRow[] rows, UnwindRule[] rules, int damagedEntries)
    {
        Start = start;
        _rows = rows;
        _rules = rules;
        DamagedEntries = damagedEntries;
    }

    /// <summary>A table that describes nothing.</summary>
    public static UnwindTable Empty { get; } = new(0, [], [], 0);

    /// <summary>Address, as linked, that the rows' offsets count from: the lowest that is described.</summary>
    public ulong Start { get; }

    /// <summary>
    /// The rows, ascending. The first is at offset 0; the last one says <see cref="UnwindKind.None"/> for what is above all code.
    /// </summary>
    public ReadOnlySpan<UnwindRow> Rows => _rows;

    /// <summary>The distinct rules.</summary>
    public ReadOnlySpan<UnwindRule> Rules => _rules;

    /// <summary>Functions without rows because what is said about them is damaged, or contradicts what is said about others.</summary>
    public int DamagedEntries { get; }

    /// <summary>Reads a file's tables. Never fails because of what is in them: damaged parts are counted.</summary>
    /// <param name="image">A program, a library, or the vdso.</param>
    /// <param name="debugFile">The separate debug file, for code that <paramref name="image"/> itself does not describe; or null.</param>
    public static UnwindTable Read(ElfImage image, ElfImage? debugFile = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (UnwindRegisters.Of(image) is not { } registers) return Empty;
        return UnwindTableReader.Read(FrameSections.Of(image, debugFile), CodeRanges.Of(image), registers);
    }

    /// <summary>The rule for an address.</summary>
    /// <param name="address">The instruction's address, as linked. For a return address, the call before it: one less.</param>
    public UnwindRule Find(ulong address)
    {
        if (address < Start || address - Start > uint.MaxValue) return default;
        uint offset = (uint)(address - Start);
        int low = 0, high = _rows.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_rows[middle].Offset > offset) high = middle;
            else low = middle + 1;
        }

        return low == 0 ? default : _rules[_rows[low - 1].Rule];
    }
}

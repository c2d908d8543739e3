namespace Emleak.Symbols.Tables;

/// <summary>A row of one of a module's tables in 4 bytes: the table in the upper 8 bits, the row in the lower 24.</summary>
internal readonly record struct SymbolReference(uint Packed)
{
    private const int RowBits = 24;

    public SymbolReference(SymbolTableKind table, int row)
        : this(((uint)table << RowBits) | (uint)row)
    {
    }

    /// <summary>Stands for "no symbol".</summary>
    public static SymbolReference None => new(uint.MaxValue);

    public SymbolTableKind Table => (SymbolTableKind)(Packed >> RowBits);

    public int Row => (int)(Packed & ((1u << RowBits) - 1));
}

using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Which source files a symbol table names: a <c>STT_FILE</c> symbol precedes the local symbols of its file (gABI, "Symbol Table").
/// </summary>
internal sealed class SourceFileSymbols
{
    private readonly SymbolSource _source;
    private readonly int[] _rows;

    private SourceFileSymbols(SymbolSource source, int[] rows)
    {
        _source = source;
        _rows = rows;
    }

    /// <exception cref="MalformedDataException">The table is corrupt.</exception>
    public static SourceFileSymbols Read(SymbolSource source)
    {
        List<int> rows = [];
        ElfSymbolTable table = source.Read();
        for (int i = 0; i < table.Count; i++)
        {
            if (table[i].Kind == ElfSymbolKind.File) rows.Add(i);
        }

        return new SourceFileSymbols(source, [.. rows]);
    }

    /// <summary>The file of a symbol; null when it is not local, or belongs to none.</summary>
    /// <param name="row">The symbol's row.</param>
    /// <exception cref="MalformedDataException">The name lies outside its table, or is longer than any real one.</exception>
    public string? Find(int row)
    {
        int position = ~Array.BinarySearch(_rows, row) - 1;
        if (position < 0) return null;
        ElfSymbolTable table = _source.Read();
        if (table[row].Binding != ElfSymbolBinding.Local) return null;

        // One without a name ends the list of those before it.
        string name = table.GetNameString(table[_rows[position]]);
        return name.Length == 0 ? null : name;
    }
}

using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>One symbol table of one file.</summary>
internal readonly record struct SymbolSource(ElfImage Image, SymbolTableKind Kind)
{
    // The symbol tables of the largest programs (browsers, with all their debug information) have under 3 million rows.
    private const int MaxRows = 1 << 23;

    /// <exception cref="MalformedDataException">The table is corrupt or larger than any real one.</exception>
    public ElfSymbolTable Read()
    {
        ElfSymbolTable table = Kind == SymbolTableKind.Dynamic ? Image.DynamicSymbols : Image.Symbols;
        if (table.Count <= MaxRows) return table;
        throw new MalformedDataException("symbol table", 0, $"limit reached: {table.Count} symbols, at most {MaxRows} are accepted");
    }

    /// <summary>True for symbols that name code.</summary>
    public bool IsCode(in ElfSymbol symbol) => symbol.IsDefined && symbol.Kind switch
    {
        ElfSymbolKind.Function or ElfSymbolKind.IndirectFunction => true,

        // Hand-written assembly often does not say what its symbols are.
        ElfSymbolKind.None => SectionOf(symbol) is { IsExecutable: true },
        _ => false,
    };

    /// <summary>True for symbols that name what lies in code: functions, and tables between them.</summary>
    public bool IsInCode(in ElfSymbol symbol) => IsCode(symbol) || (symbol.Kind == ElfSymbolKind.Object && symbol.IsDefined && SectionOf(symbol) is { IsExecutable: true });

    /// <summary>The section that defines the symbol, or null.</summary>
    public ElfSection? SectionOf(in ElfSymbol symbol) =>
        symbol.SectionIndex < Image.Sections.Count ? Image.Sections[symbol.SectionIndex] : null;
}

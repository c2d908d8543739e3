using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>The tables of one module, opened once for many reads. A corrupt table counts as empty, and is told.</summary>
internal readonly ref struct TableSet
{
    private readonly ElfSymbolTable _full;
    private readonly ElfSymbolTable _dynamic;
    private readonly ElfSymbolTable _debugFile;
    private readonly ElfSymbolTable _miniDebug;

    public TableSet(IEnumerable<SymbolSource> sources)
    {
        foreach (SymbolSource source in sources)
        {
            try
            {
                ElfSymbolTable table = source.Read();
                if (source.Kind == SymbolTableKind.Full) _full = table;
                else if (source.Kind == SymbolTableKind.Dynamic) _dynamic = table;
                else if (source.Kind == SymbolTableKind.DebugFile) _debugFile = table;
                else _miniDebug = table;
            }
            catch (MalformedDataException problem)
            {
                Problem ??= problem.Message;
            }
        }
    }

    /// <summary>What is wrong with the first corrupt table, or null.</summary>
    public string? Problem { get; }

    public int Count => _full.Count + _dynamic.Count + _debugFile.Count + _miniDebug.Count;

    public ElfSymbolTable this[SymbolTableKind kind] => kind switch
    {
        SymbolTableKind.Full => _full,
        SymbolTableKind.Dynamic => _dynamic,
        SymbolTableKind.DebugFile => _debugFile,
        _ => _miniDebug,
    };
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Finds the function that covers an address of a module, in O(log n). Holds 12 bytes for each range of addresses and a string only
/// for functions that were asked for.
/// </summary>
internal sealed class SymbolIndex
{
    private readonly List<SymbolSource> _sources;
    private readonly ulong[] _starts;
    private readonly SymbolReference[] _symbols;
    private readonly ConcurrentDictionary<SymbolReference, (string Name, ulong Start)> _known = new();
    private readonly ConcurrentDictionary<SymbolTableKind, SourceFileSymbols> _files = new();

    private SymbolIndex(List<SymbolSource> sources, ulong[] starts, SymbolReference[] symbols, string? problem)
    {
        _sources = sources;
        _starts = starts;
        _symbols = symbols;
        Problem = problem;
    }

    /// <summary>True when the module's tables name no function.</summary>
    public bool IsEmpty => _starts.Length == 0;

    /// <summary>Number of ranges of addresses.</summary>
    public int Count => _starts.Length;

    /// <summary>What was wrong with a table, or null. The rest of the tables is in the index all the same.</summary>
    public string? Problem { get; }

    public static SymbolIndex Build(List<SymbolSource> sources)
    {
        TableSet tables = new(sources);
        SymbolRanges ranges = new(tables, sources);
        string? problem = ranges.Collect();
        ranges.Flatten();
        return new SymbolIndex(sources, [.. ranges.Starts], [.. ranges.Symbols], tables.Problem ?? problem);
    }

    /// <summary>The function that covers <paramref name="address"/>, a virtual address as linked.</summary>
    /// <exception cref="MalformedDataException">Its name is longer than any real one.</exception>
    public bool TryFind(ulong address, [NotNullWhen(true)] out string? name, out ulong start)
    {
        name = null;
        start = 0;
        SymbolReference reference = FindSymbol(address);
        if (reference == SymbolReference.None) return false;
        if (!_known.TryGetValue(reference, out (string Name, ulong Start) known))
        {
            ElfSymbolTable table = _sources.Find(source => source.Kind == reference.Table).Read();
            ElfSymbol symbol = table[reference.Row];
            known = _known.GetOrAdd(reference, (Encoding.UTF8.GetString(table.GetName(symbol)), symbol.Value));
        }

        (name, start) = known;
        return true;
    }

    /// <summary>
    /// Name of the source or object file of the local function that covers <paramref name="address"/>, without a folder; null when the
    /// tables do not tell.
    /// </summary>
    /// <exception cref="MalformedDataException">The name lies outside its table, or is longer than any real one.</exception>
    public string? FindFile(ulong address)
    {
        SymbolReference reference = FindSymbol(address);
        if (reference == SymbolReference.None) return null;
        SymbolSource source = _sources.Find(source => source.Kind == reference.Table);
        return _files.GetOrAdd(reference.Table, static (_, source) => SourceFileSymbols.Read(source), source).Find(reference.Row);
    }

    private SymbolReference FindSymbol(ulong address)
    {
        int position = Array.BinarySearch(_starts, address);
        if (position < 0) position = ~position - 1;
        return position < 0 ? SymbolReference.None : _symbols[position];
    }
}

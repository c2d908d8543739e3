using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Finds the function that covers an address of a module, in O(log n). Holds 12 bytes for each range of addresses, 16 for each symbol, and a
/// string only for functions that were asked for.
/// </summary>
internal sealed class SymbolIndex
{
    private readonly List<SymbolSource> _sources;
    private readonly List<ulong> _starts;
    private readonly List<int> _groups;
    private readonly ReadOnlyMemory<ulong> _addresses;
    private readonly ReadOnlyMemory<CodeSymbol> _symbols;
    private readonly ConcurrentDictionary<int, NamedSymbol> _known = new();
    private readonly ConcurrentDictionary<SymbolTableKind, SourceFileSymbols> _files = new();

    private SymbolIndex(List<SymbolSource> sources, SymbolRanges ranges, string? problem)
    {
        _sources = sources;
        _starts = ranges.Starts;
        _groups = ranges.Groups;
        _addresses = ranges.Addresses;
        _symbols = ranges.Symbols;
        Problem = problem;
    }

    /// <summary>True when the module's tables name no function.</summary>
    public bool IsEmpty => _starts.Count == 0;

    /// <summary>Number of ranges of addresses.</summary>
    public int Count => _starts.Count;

    /// <summary>What was wrong with a table, or null. The rest of the tables is in the index all the same.</summary>
    public string? Problem { get; }

    public static SymbolIndex Build(List<SymbolSource> sources)
    {
        TableSet tables = new(sources);
        if (Pay(tables.Count, sources) is { } unpaid) return new SymbolIndex(sources, new SymbolRanges(default, []), unpaid);
        SymbolRanges ranges = new(tables, sources);
        string? problem = ranges.Collect();
        ranges.Flatten();
        return new SymbolIndex(sources, ranges, tables.Problem ?? problem);
    }

    /// <summary>The function that covers <paramref name="address"/>, a virtual address as linked.</summary>
    /// <exception cref="MalformedDataException">Its name lies outside its table, or the limit of memory is reached.</exception>
    public bool TryFind(ulong address, [NotNullWhen(true)] out string? name, out ulong start)
    {
        NamedSymbol? found = Find(address);
        (name, start) = found is { Name.Length: > 0 } ? (found.Name, found.Start) : (null, 0);
        return name is not null;
    }

    /// <summary>
    /// Name of the source or object file of the local function that covers <paramref name="address"/>, without a folder; null when the
    /// tables do not tell.
    /// </summary>
    /// <exception cref="MalformedDataException">The name lies outside its table, or is longer than any real one.</exception>
    public string? FindFile(ulong address)
    {
        if (Find(address) is not { } found) return null;
        SymbolTableKind kind = found.Reference.Table;
        return _files.GetOrAdd(kind, static (kind, index) => SourceFileSymbols.Read(index.SourceOf(kind)), this).Find(found.Reference.Row);
    }

    // An address and a reference for each symbol, and at most two ranges.
    private static string? Pay(int symbols, List<SymbolSource> sources)
    {
        const long BytesOfSymbol = 44;
        try
        {
            if (sources.Count > 0) sources[0].Image.Budget.Take(symbols * BytesOfSymbol, "symbol table");
            return null;
        }
        catch (MalformedDataException problem)
        {
            return problem.Message;
        }
    }

    private NamedSymbol? Find(ulong address)
    {
        int position = CollectionsMarshal.AsSpan(_starts).BinarySearch(address);
        if (position < 0) position = ~position - 1;
        if (position < 0 || _groups[position] is IntervalMap.None) return null;
        int group = _groups[position];
        return _known.TryGetValue(group, out NamedSymbol? known) ? known : _known.GetOrAdd(group, Choose(group));
    }

    /// <summary>Of all symbols at one address the best.</summary>
    private NamedSymbol Choose(int group)
    {
        TableSet tables = new(_sources);
        ReadOnlySpan<ulong> addresses = _addresses.Span;
        ReadOnlySpan<CodeSymbol> symbols = _symbols.Span;
        SymbolReference best = symbols[group].Reference;
        ElfSymbol bestSymbol = tables[best.Table][best.Row];
        for (int next = group + 1; next < symbols.Length && addresses[next] == addresses[group]; next++)
        {
            SymbolReference other = symbols[next].Reference;
            ElfSymbol otherSymbol = tables[other.Table][other.Row];
            ElfSymbolTable bestTable = tables[best.Table];
            ElfSymbolTable otherTable = tables[other.Table];
            bool isNamed = !otherTable.GetNamePrefix(otherSymbol, 1).IsEmpty;
            if (!isNamed || (!bestTable.GetNamePrefix(bestSymbol, 1).IsEmpty && !SymbolRank.IsBetter(otherSymbol, otherTable, bestSymbol, bestTable))) continue;
            best = other;
            bestSymbol = otherSymbol;
        }

        ReadOnlySpan<byte> name = tables[best.Table].GetName(bestSymbol);
        _sources[0].Image.Budget.Take(name.Length * sizeof(char), "symbol names");
        return new NamedSymbol(best, Encoding.UTF8.GetString(name), bestSymbol.Value);
    }

    private SymbolSource SourceOf(SymbolTableKind kind) => _sources.Find(source => source.Kind == kind);

    private sealed record NamedSymbol(SymbolReference Reference, string Name, ulong Start);
}

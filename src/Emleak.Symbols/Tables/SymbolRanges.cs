using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Turns symbols, which may share addresses, nest and overlap, into ranges that do neither: each with the one
/// symbol that names it, or with none.
/// </summary>
internal ref struct SymbolRanges(TableSet tables, List<SymbolSource> sources)
{
    private readonly TableSet _tables = tables;
    private readonly List<SymbolSource> _sources = sources;
    private readonly Stack<Open> _open = new();
    private ulong[] _addresses = [];
    private SymbolReference[] _references = [];
    private int _count;

    /// <summary>First address of each range; it ends where the next one starts.</summary>
    public List<ulong> Starts { get; } = [];

    /// <summary>For each range its symbol, or <see cref="SymbolReference.None"/>.</summary>
    public List<SymbolReference> Symbols { get; } = [];

    /// <summary>Gathers the symbols that name code, in order of their addresses.</summary>
    /// <returns>What is wrong with the first corrupt row, or null. Rows after it in the same table are left out.</returns>
    public string? Collect()
    {
        string? problem = null;
        foreach (SymbolSource source in _sources)
        {
            try
            {
                Collect(source, _tables[source.Kind]);
            }
            catch (MalformedDataException corrupt)
            {
                problem ??= corrupt.Message;
            }
        }

        Array.Sort(_addresses, _references, 0, _count);
        return problem;
    }

    /// <summary>Makes the ranges.</summary>
    public void Flatten()
    {
        int next = 0;
        while (next < _count)
        {
            int first = next;
            ulong address = _addresses[first];
            (SymbolReference best, ulong size) = ChooseName(ref next);
            CloseUpTo(address);
            if (size != 0)
            {
                OpenAt(address, address + Math.Min(size, ulong.MaxValue - address), best, isSized: true);
            }
            else if (_open.Count == 0 && EndOfSection(best) is ulong end && end > address)
            {
                OpenAt(address, end, best, isSized: false);
            }
        }

        CloseUpTo(ulong.MaxValue);
    }

    private static bool IsMarker(in ElfSymbol symbol, ElfSymbolTable table)
    {
        if (symbol.Kind != ElfSymbolKind.None) return false;

        // "$x" and "$d" tell code from data on Arm; ".L" are labels that the assembler kept.
        ReadOnlySpan<byte> name = table.GetNamePrefix(symbol, 2);
        return name.StartsWith("$"u8) || name.SequenceEqual(".L"u8);
    }

    private void Collect(SymbolSource source, ElfSymbolTable table)
    {
        for (int row = 0; row < table.Count; row++)
        {
            ElfSymbol symbol = table[row];
            if (!source.IsCode(symbol) || table.GetNamePrefix(symbol, 1).IsEmpty || IsMarker(symbol, table)) continue;
            if (_count == _addresses.Length)
            {
                int capacity = Math.Max(256, _count * 2);
                Array.Resize(ref _addresses, capacity);
                Array.Resize(ref _references, capacity);
            }

            _addresses[_count] = symbol.Value;
            _references[_count++] = new SymbolReference(source.Kind, row);
        }
    }

    /// <summary>Of all symbols at one address the best, and the largest size; moves on to the next address.</summary>
    private readonly (SymbolReference Best, ulong Size) ChooseName(ref int next)
    {
        ulong address = _addresses[next];
        SymbolReference best = _references[next++];
        ElfSymbol bestSymbol = _tables[best.Table][best.Row];
        ulong size = bestSymbol.Size;
        for (; next < _count && _addresses[next] == address; next++)
        {
            SymbolReference other = _references[next];
            ElfSymbol otherSymbol = _tables[other.Table][other.Row];
            size = Math.Max(size, otherSymbol.Size);
            if (!SymbolRank.IsBetter(otherSymbol, _tables[other.Table], bestSymbol, _tables[best.Table])) continue;
            best = other;
            bestSymbol = otherSymbol;
        }

        return (best, size);
    }

    private readonly void OpenAt(ulong start, ulong end, SymbolReference symbol, bool isSized)
    {
        _open.Push(new Open(end, symbol, isSized));
        Emit(start, symbol);
    }

    /// <summary>Ends what ends at or before <paramref name="address"/>, and a symbol without size in any case.</summary>
    private readonly void CloseUpTo(ulong address)
    {
        while (_open.TryPeek(out Open inner) && (inner.End <= address || !inner.IsSized))
        {
            _open.Pop();
            ulong end = Math.Min(inner.End, address);
            while (_open.TryPeek(out Open outer) && outer.End <= end) _open.Pop();
            Emit(end, _open.TryPeek(out Open around) ? around.Symbol : SymbolReference.None);
        }
    }

    private readonly ulong? EndOfSection(SymbolReference reference)
    {
        SymbolSource source = _sources.Find(candidate => candidate.Kind == reference.Table);
        ElfSymbol symbol = _tables[reference.Table][reference.Row];
        return source.SectionOf(symbol) is { } section ? section.Address + Math.Min(section.Size, ulong.MaxValue - section.Address) : null;
    }

    private readonly void Emit(ulong start, SymbolReference symbol)
    {
        if (Starts.Count > 0 && Starts[^1] == start)
        {
            Symbols[^1] = symbol;
            return;
        }

        Starts.Add(start);
        Symbols.Add(symbol);
    }

    private readonly record struct Open(ulong End, SymbolReference Symbol, bool IsSized);
}

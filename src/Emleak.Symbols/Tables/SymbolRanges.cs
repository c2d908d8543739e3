using Emleak.Elf;

namespace Emleak.Symbols.Tables;

/// <summary>
/// Turns symbols, which may share addresses, nest and overlap, into ranges that do neither: each with the one
/// symbols that may name it, or with none. No name is read for that: they are spread over memory that few lookups need.
/// </summary>
internal ref struct SymbolRanges(TableSet tables, List<SymbolSource> sources)
{
    private readonly TableSet _tables = tables;
    private readonly List<SymbolSource> _sources = sources;
    private readonly Stack<Open> _open = new();
    private readonly ulong[] _addresses = GC.AllocateUninitializedArray<ulong>(tables.Count);
    private readonly CodeSymbol[] _symbols = GC.AllocateUninitializedArray<CodeSymbol>(tables.Count);
    private int _count;

    /// <summary>The addresses of the symbols that name code, ascending.</summary>
    public readonly ReadOnlyMemory<ulong> Addresses => _addresses.AsMemory(0, _count);

    /// <summary>These symbols, in the same order.</summary>
    public readonly ReadOnlyMemory<CodeSymbol> Symbols => _symbols.AsMemory(0, _count);

    /// <summary>First address of each range; it ends where the next one starts.</summary>
    public List<ulong> Starts { get; } = [];

    /// <summary>For each range the position of the first symbol with the address of the one that covers it, or <see cref="IntervalMap.None"/>.</summary>
    public List<int> Groups { get; } = [];

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

        Array.Sort(_addresses, _symbols, 0, _count);
        return problem;
    }

    /// <summary>Makes the ranges.</summary>
    public void Flatten()
    {
        Starts.EnsureCapacity(_count);
        Groups.EnsureCapacity(_count);
        int next = 0;
        while (next < _count)
        {
            int group = next;
            ulong address = _addresses[group];
            ulong size = LargestSize(ref next);
            CloseUpTo(address);
            if (size != 0)
            {
                OpenAt(address, address + Math.Min(size, ulong.MaxValue - address), group, isSized: true);
            }
            else if (_open.Count == 0 && EndOfSection(_symbols[group].Reference) is ulong end && end > address)
            {
                OpenAt(address, end, group, isSized: false);
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
            if (!source.IsInCode(symbol) || symbol.NameOffset == 0 || IsMarker(symbol, table)) continue;
            _addresses[_count] = symbol.Value;
            _symbols[_count++] = new CodeSymbol((uint)Math.Min(symbol.Size, uint.MaxValue), new SymbolReference(source.Kind, row));
        }
    }

    /// <summary>The largest size of the symbols at one address; moves on to the next address.</summary>
    private readonly ulong LargestSize(ref int next)
    {
        ulong address = _addresses[next];
        ulong size = 0;
        for (; next < _count && _addresses[next] == address; next++)
        {
            CodeSymbol symbol = _symbols[next];
            bool isCut = symbol.Size == uint.MaxValue;
            size = Math.Max(size, isCut ? _tables[symbol.Reference.Table][symbol.Reference.Row].Size : symbol.Size);
        }

        return size;
    }

    private readonly void OpenAt(ulong start, ulong end, int group, bool isSized)
    {
        _open.Push(new Open(end, group, isSized));
        Emit(start, group);
    }

    /// <summary>Ends what ends at or before <paramref name="address"/>, and a symbol without size in any case.</summary>
    private readonly void CloseUpTo(ulong address)
    {
        while (_open.TryPeek(out Open inner) && (inner.End <= address || !inner.IsSized))
        {
            _open.Pop();
            ulong end = Math.Min(inner.End, address);
            while (_open.TryPeek(out Open outer) && outer.End <= end) _open.Pop();
            Emit(end, _open.TryPeek(out Open around) ? around.Group : IntervalMap.None);
        }
    }

    private readonly ulong? EndOfSection(SymbolReference reference)
    {
        SymbolSource source = _sources.Find(candidate => candidate.Kind == reference.Table);
        ElfSymbol symbol = _tables[reference.Table][reference.Row];
        return source.SectionOf(symbol) is { } section ? section.Address + Math.Min(section.Size, ulong.MaxValue - section.Address) : null;
    }

    private readonly void Emit(ulong start, int group)
    {
        if (Starts.Count > 0 && Starts[^1] == start)
        {
            Groups[^1] = group;
            return;
        }

        Starts.Add(start);
        Groups.Add(group);
    }

    private readonly record struct Open(ulong End, int Group, bool IsSized);
}

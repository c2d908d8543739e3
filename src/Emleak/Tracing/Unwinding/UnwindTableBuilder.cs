using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>Lays rows out for the programs' search: see bpf/unwind.h. Rows come in ascending order.</summary>
internal sealed class UnwindTableBuilder
{
    private const int PageShift = (int)UnwindLimits.UnwindPageShift;
    private const int PageSize = 1 << PageShift;
    private const int RuleBits = (int)UnwindLimits.UnwindRuleBits;
    private const int CountBits = (int)UnwindLimits.UnwindCountBits;
    private const int MostRowsOfPage = (1 << CountBits) - 1;
    private const int ChunkWords = (int)UnwindLimits.UnwindChunkWords;
    private const uint None = (uint)KnownRule.None;

    private readonly ulong _start;
    private readonly ulong _end;
    private readonly ulong _firstPage;
    private readonly int _pageCount;
    private readonly uint[] _rowsOfPage = new uint[MostRowsOfPage];
    private uint[] _words;
    private int _length;
    private int _page;
    private int _count;
    private uint _rule = None;

    /// <param name="start">First address of the code, as linked.</param>
    /// <param name="end">First address after it.</param>
    public UnwindTableBuilder(ulong start, ulong end)
    {
        _start = start;
        _end = end;
        _firstPage = start >> PageShift << PageShift;
        _pageCount = checked((int)((end - _firstPage + PageSize - 1) >> PageShift));
        _length = _pageCount;
        _words = new uint[RoundToChunks(_length + (_length / 2))];
        BeginPage(0);
    }

    /// <summary>Pages whose rows found no room: their code has no rows.</summary>
    public int DroppedPages { get; private set; }

    /// <summary>From this address on the rule is <paramref name="rule"/>.</summary>
    public void Add(ulong address, uint rule)
    {
        if (rule == _rule || address >= _end) return;
        ulong offset = Math.Max(address, _start) - _firstPage;
        GoTo((int)(offset >> PageShift));
        _rule = rule;
        uint word = ((uint)offset & (PageSize - 1)) << RuleBits | rule;
        if (_rowsOfPage[_count - 1] >> RuleBits == word >> RuleBits) _rowsOfPage[_count - 1] = word;
        else if (_count < MostRowsOfPage) _rowsOfPage[_count++] = word;
    }

    /// <summary>The table.</summary>
    public UnwindTable Build()
    {
        GoTo(_pageCount);
        return new UnwindTable(_firstPage, _start, _end, _words.AsMemory(0, RoundToChunks(_length)));
    }

    private static int RoundToChunks(int words) => checked((words + ChunkWords - 1) / ChunkWords * ChunkWords);

    private void GoTo(int page)
    {
        for (; _page < page; BeginPage(_page + 1)) EndPage();
    }

    private void BeginPage(int page)
    {
        _page = page;
        _rowsOfPage[0] = _rule;
        _count = 1;
    }

    private void EndPage()
    {
        if (_count == 1 && _rowsOfPage[0] == None) return;
        if (_count == 1 && _page > 0 && IsOnly(_words[_page - 1], _rowsOfPage[0]))
        {
            // A function longer than a page.
            _words[_page] = _words[_page - 1];
            return;
        }

        int start = Reserve(_count);
        if (start >> (32 - CountBits) != 0)
        {
            DroppedPages++;
            return;
        }

        _rowsOfPage.AsSpan(0, _count).CopyTo(_words.AsSpan(start));
        _words[_page] = (uint)start << CountBits | (uint)_count;
    }

    private bool IsOnly(uint entry, uint row) => (entry & MostRowsOfPage) == 1 && _words[entry >> CountBits] == row;

    // The rows of a page do not go over a chunk's end.
    private int Reserve(int count)
    {
        int start = _length % ChunkWords + count > ChunkWords ? RoundToChunks(_length) : _length;
        _length = start + count;
        if (_length > _words.Length) Array.Resize(ref _words, RoundToChunks(_length + (_length / 2)));
        return start;
    }
}

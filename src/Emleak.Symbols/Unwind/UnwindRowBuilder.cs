namespace Emleak.Symbols.Unwind;

/// <summary>Collects rows in ascending order: equal neighbours become one, equal rules are kept once.</summary>
internal sealed class UnwindRowBuilder
{
    // 64 MiB. The largest programs have a few million. A row takes two bytes of the section at least, so that sections of nothing but advances
    // could have hundreds of millions.
    private const int MostRows = 1 << 23;

    // The largest programs have less than a thousand. Rules can be made to have one hash: their number squared is what they may cost.
    private const int MostRules = 1 << 14;

    private static readonly UnwindRule Unknown = UnwindRule.Of(UnwindKind.Unknown);

    private readonly Dictionary<UnwindRule, int> _numbers = [];
    private readonly List<UnwindRule> _rules = [];
    private readonly List<UnwindRow> _rows;
    private readonly ulong _start;
    private UnwindRule _last;
    private bool _isFull;

    /// <param name="start">The lowest address.</param>
    /// <param name="expected">About how many rows there will be.</param>
    public UnwindRowBuilder(ulong start, int expected)
    {
        _start = start;
        _rows = new List<UnwindRow>(Math.Clamp(expected, 1, MostRows));
        NumberOf(default);
        NumberOf(Unknown);
    }

    /// <summary>True when the rows of a function that ends there can be kept.</summary>
    public bool HasRoomFor(ulong end) => !_isFull && end - _start <= uint.MaxValue;

    /// <summary>From this address on, the rule holds. When there is no room left, nothing is known from there on.</summary>
    /// <param name="address">Not below the last one.</param>
    /// <param name="rule">The rule.</param>
    public void Add(ulong address, in UnwindRule rule)
    {
        if (_isFull || (_rows.Count > 0 && rule == _last)) return;
        uint offset = (uint)(address - _start);
        if (_rows.Count > 0 && _rows[^1].Offset == offset) _rows.RemoveAt(_rows.Count - 1);
        _isFull = _rows.Count == MostRows - 1;
        _last = _isFull ? default : rule;
        _rows.Add(new UnwindRow(offset, NumberOf(_last)));
    }

    public UnwindTable Build(int damagedEntries) => new(_start, [.. _rows], [.. _rules], damagedEntries);

    private int NumberOf(in UnwindRule rule)
    {
        if (_numbers.TryGetValue(rule, out int number)) return number;
        if (_rules.Count == MostRules) return _numbers[Unknown];
        number = _rules.Count;
        _rules.Add(rule);
        _numbers.Add(rule, number);
        return number;
    }
}

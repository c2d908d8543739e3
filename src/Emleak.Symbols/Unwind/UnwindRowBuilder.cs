using System.Runtime.InteropServices;

namespace Emleak.Symbols.Unwind;

/// <summary>Collects rows in ascending order: equal neighbours become one, equal rules are kept once.</summary>
internal sealed class UnwindRowBuilder
{
    // The largest programs have a few million. A row takes one byte of the section at least, so sections of nothing but advances
    // could have two thousand million.
    private const int MostRows = 1 << 24;

    private readonly Dictionary<UnwindRule, int> _numbers = [];
    private readonly List<UnwindRule> _rules = [];
    private readonly List<UnwindRow> _rows;
    private readonly ulong _start;
    private UnwindRule _last;
    private int _lastNumber;

    /// <param name="start">The lowest address.</param>
    /// <param name="expected">About how many rows there will be.</param>
    public UnwindRowBuilder(ulong start, int expected)
    {
        _start = start;
        _rows = new List<UnwindRow>(Math.Clamp(expected, 1, MostRows));
        _lastNumber = NumberOf(_last);
    }

    /// <summary>True when an address can have a row.</summary>
    public bool HasRoomFor(ulong end) => _rows.Count < MostRows && end - _start <= uint.MaxValue;

    /// <summary>From this address on, the rule holds.</summary>
    /// <param name="address">Not below the last one.</param>
    /// <param name="rule">The rule.</param>
    public void Add(ulong address, in UnwindRule rule)
    {
        if (_rows.Count > 0 && rule == _last) return;
        if (_rows.Count >= MostRows) return;
        uint offset = (uint)(address - _start);
        _lastNumber = NumberOf(rule);
        _last = rule;
        if (_rows.Count > 0 && _rows[^1].Offset == offset) _rows.RemoveAt(_rows.Count - 1);
        _rows.Add(new UnwindRow(offset, _lastNumber));
    }

    public UnwindTable Build(int damagedEntries) => new(_start, [.. _rows], [.. _rules], damagedEntries);

    private int NumberOf(in UnwindRule rule)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, rule, out bool known);
        if (known) return number;
        number = _rules.Count;
        _rules.Add(rule);
        return number;
    }
}

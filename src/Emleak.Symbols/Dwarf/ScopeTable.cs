using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>The functions of a unit and the calls inlined into them: 8 bytes each, and an index by address.</summary>
internal sealed class ScopeTable
{
    private readonly Scope[] _scopes;
    private readonly IntervalMap _map;

    public ScopeTable(Scope[] scopes, IntervalMap map)
    {
        _scopes = scopes;
        _map = map;
    }

    public Scope this[int index] => _scopes[index];

    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (_scopes.Length * 8L) + (_map.Count * 12L);

    /// <summary>The innermost scope at an address, or <see cref="IntervalMap.None"/>.</summary>
    public int Find(ulong address) => _map.Find(address);
}

using Emleak.Symbols.Dwarf.Lines;
using Emleak.Symbols.Dwarf.Split;

namespace Emleak.Symbols.Dwarf;

/// <summary>What is worked out for a unit when one of its addresses is first asked for.</summary>
/// <param name="Unit">The unit that has the functions; null when it cannot be read at all.</param>
/// <param name="Split">Set when that unit is in a file of its own.</param>
/// <param name="Scopes">The functions; null when their entries are corrupt.</param>
/// <param name="Lines">The lines; null when the unit has none, or its line program is corrupt.</param>
/// <param name="Problem">What is wrong with the unit, or null.</param>
internal sealed record UnitTables(Unit? Unit, SplitUnit? Split, ScopeTable? Scopes, LineTable? Lines, string? Problem) : IDisposable
{
    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (Scopes?.Size ?? 0) + (Lines?.Size ?? 0) + (Split is null ? 0 : SplitSize);

    // An open file, its mapping, and its headers.
    private const long SplitSize = 1 << 14;

    public void Dispose() => Split?.Dispose();
}

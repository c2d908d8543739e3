using Emleak.Symbols.Dwarf.Lines;

namespace Emleak.Symbols.Dwarf;

/// <summary>What is worked out for a unit when one of its addresses is first asked for.</summary>
/// <param name="Unit">The unit; null when it cannot be read at all.</param>
/// <param name="Scopes">The functions; null when their entries are corrupt.</param>
/// <param name="Lines">The lines; null when the unit has none, or its line program is corrupt.</param>
/// <param name="Problem">What is wrong with the unit, or null.</param>
internal sealed record UnitTables(Unit? Unit, ScopeTable? Scopes, LineTable? Lines, string? Problem)
{
    /// <summary>Bytes in memory, roughly.</summary>
    public long Size => (Scopes?.Size ?? 0) + (Lines?.Size ?? 0);
}

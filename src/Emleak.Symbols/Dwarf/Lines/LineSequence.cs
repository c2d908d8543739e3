using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>Rows for addresses that follow each other.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">First address after the last.</param>
/// <param name="FirstRow">Index of the first row.</param>
/// <param name="RowCount">Number of rows.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LineSequence(ulong Start, ulong End, int FirstRow, int RowCount);

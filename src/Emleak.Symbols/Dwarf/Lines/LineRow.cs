using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf.Lines;

/// <summary>From here on, instructions come from this place in the source: 16 bytes.</summary>
/// <param name="Offset">Address, counted from the first of the sequence.</param>
/// <param name="File">Index in the program's table of files, as stored.</param>
/// <param name="Line">Line, from 1; 0 for none.</param>
/// <param name="Column">Column, from 1; 0 for none.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LineRow(uint Offset, uint File, uint Line, uint Column);

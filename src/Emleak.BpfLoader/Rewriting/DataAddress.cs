using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Rewriting;

/// <summary>A place in a data map.</summary>
/// <param name="MapName">The map; null: not known to be such a place.</param>
/// <param name="Offset">The offset in its value.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DataAddress(string? MapName, int Offset);

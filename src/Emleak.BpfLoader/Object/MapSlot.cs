using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>An entry that a map of maps, or of programs, starts with.</summary>
/// <param name="Index">The entry's key.</param>
/// <param name="Target">The name of the map or program of the same object.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MapSlot(uint Index, string Target);

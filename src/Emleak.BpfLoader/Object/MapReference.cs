using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>A 64-bit load of a program that needs a map's file descriptor before the program can be loaded.</summary>
/// <param name="Instruction">Index of the first of the two slots, in the linked program.</param>
/// <param name="MapName">The map.</param>
/// <param name="IsValue">
/// True when the address of the map's only value is loaded (a global variable; the second slot's immediate is the
/// offset inside the value), false when the map itself is.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MapReference(int Instruction, string MapName, bool IsValue);

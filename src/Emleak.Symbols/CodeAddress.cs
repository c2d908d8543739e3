using System.Runtime.InteropServices;

namespace Emleak.Symbols;

/// <summary>An address in a stack of a process whose libraries come and go.</summary>
/// <param name="Address">The address.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="Incarnation">Which of the mappings that were there one after the other: <see cref="Process.MemoryMapping.Incarnation"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CodeAddress(ulong Address, AddressKind Kind, int Incarnation);

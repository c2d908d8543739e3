using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>What an array is made of.</summary>
/// <param name="Element">The elements' type.</param>
/// <param name="Index">The type of an index.</param>
/// <param name="Count">Number of elements; 0 for a flexible array.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfArray(BtfTypeId Element, BtfTypeId Index, uint Count);

using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Object;

/// <summary>A global variable of a BPF object: a part of the only value of a data map.</summary>
/// <param name="Name">The variable's name.</param>
/// <param name="Offset">Offset in the map's value, in bytes.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Type">The variable's BTF type, or void when the object has no BTF for it.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct VariableSpec(string Name, int Offset, int Size, BtfTypeId Type);

using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>A variable's place in a data section.</summary>
/// <param name="Type">The variable, a type of kind <see cref="BtfKind.Variable"/> (or a function in extern sections).</param>
/// <param name="Offset">Offset in the section, in bytes. Compilers leave 0: the symbol table knows.</param>
/// <param name="Size">Size in bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfSectionVariable(BtfTypeId Type, uint Offset, uint Size);

using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>A parameter of a function prototype. A last one without name and type stands for <c>...</c>.</summary>
/// <param name="NameOffset">Where the name is in the strings; 0 for none.</param>
/// <param name="Type">The parameter's type.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfParameter(uint NameOffset, BtfTypeId Type);

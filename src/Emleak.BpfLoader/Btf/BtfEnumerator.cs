using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Btf;

/// <summary>One name of an enumeration.</summary>
/// <param name="NameOffset">Where the name is in the strings.</param>
/// <param name="Value">The value; for unsigned 64-bit enumerations the same bits.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct BtfEnumerator(uint NameOffset, long Value);

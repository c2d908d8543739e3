using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Core;

/// <summary>The answer to a relocation.</summary>
/// <param name="Value">What goes into the instruction.</param>
/// <param name="Size">For offsets of ordinary fields: the field's size in bytes, else 0.</param>
/// <param name="Type">For offsets of ordinary fields: the field's type.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CoreValue(ulong Value, uint Size = 0, BtfTypeId Type = default);

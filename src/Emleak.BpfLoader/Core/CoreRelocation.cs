using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Core;

/// <summary>One CO-RE relocation of a linked program (<c>struct bpf_core_relo</c> in <c>.BTF.ext</c>).</summary>
/// <param name="Instruction">Index of the slot to adapt, in the linked program.</param>
/// <param name="Type">The root type, in the object's BTF.</param>
/// <param name="Access">The access string: member and array indexes joined by colons, or an enumerator's index.</param>
/// <param name="Kind">What is asked.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CoreRelocation(int Instruction, BtfTypeId Type, string Access, CoreRelocationKind Kind);

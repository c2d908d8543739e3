using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Object;

/// <summary>Where a function of a linked program starts, and its BTF type (<c>.BTF.ext</c>, func_info).</summary>
/// <param name="Instruction">Index of the first slot, in the linked program.</param>
/// <param name="Type">The function's BTF type, in the object's BTF.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FunctionInfo(int Instruction, BtfTypeId Type);

using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Object;

/// <summary>An instruction that is completed by what the running kernel has under a name: a 64-bit load, or a call.</summary>
/// <param name="Instruction">Index of the (first) slot, in the linked program.</param>
/// <param name="Name">The extern's name, a key of <see cref="BpfObject.Externs"/>.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ExternReference(int Instruction, string Name);

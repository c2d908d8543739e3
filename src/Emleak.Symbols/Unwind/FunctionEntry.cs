using System.Runtime.InteropServices;

namespace Emleak.Symbols.Unwind;

/// <summary>A frame description entry (FDE): the code of one function, or of a part of one.</summary>
/// <param name="End">First address after the code.</param>
/// <param name="Common">Index of the common entry.</param>
/// <param name="Instructions">Where the call-frame instructions start in the section.</param>
/// <param name="InstructionsEnd">Where they end.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FunctionEntry(ulong End, int Common, int Instructions, int InstructionsEnd);

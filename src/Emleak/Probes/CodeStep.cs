using System.Runtime.InteropServices;

namespace Emleak.Probes;

/// <summary>An instruction of a file.</summary>
/// <param name="Address">Where it is, as linked.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Flow">What follows.</param>
/// <param name="Target">Where it jumps; for an indirect jump, the word that says so; 0 when that is not known.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeStep(ulong Address, int Size, CodeFlow Flow, ulong Target = 0)
{
    public ulong End => Address + (ulong)Size;
}

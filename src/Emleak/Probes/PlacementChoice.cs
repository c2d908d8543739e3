using System.Runtime.InteropServices;

namespace Emleak.Probes;

/// <summary>The instruction chosen for a probe.</summary>
/// <param name="Offset">Bytes from the function's start.</param>
/// <param name="IsEmulated">True when the kernel emulates the instruction, so that a hit costs one exception and not two.</param>
/// <param name="Reason">Why this one, for people.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PlacementChoice(int Offset, bool IsEmulated, string Reason);

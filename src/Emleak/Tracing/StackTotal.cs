using System.Runtime.InteropServices;

namespace Emleak.Tracing;

/// <summary>What the outstanding blocks of one stack hold.</summary>
/// <param name="Bytes">Bytes asked for.</param>
/// <param name="Count">Blocks.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StackTotal(long Bytes, long Count);

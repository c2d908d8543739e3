using System.Runtime.InteropServices;

namespace Emleak.Analysis;

/// <summary>What the blocks allocated by one call path hold at one moment.</summary>
/// <param name="Id">The stack's number in this run, from 1.</param>
/// <param name="Bytes">Bytes asked for and not released.</param>
/// <param name="Count">Blocks not released.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OutstandingStack(int Id, long Bytes, long Count);

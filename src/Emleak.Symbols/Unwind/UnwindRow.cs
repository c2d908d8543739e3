using System.Runtime.InteropServices;

namespace Emleak.Symbols.Unwind;

/// <summary>From one address to that of the next row, one rule. 8 bytes.</summary>
/// <param name="Offset">Where it begins: bytes above <see cref="UnwindTable.Start"/>.</param>
/// <param name="Rule">Index in <see cref="UnwindTable.Rules"/>.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct UnwindRow(uint Offset, int Rule);

using System.Runtime.InteropServices;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Dwarf;

/// <summary>A function, or an inlined call of one.</summary>
/// <param name="Entry">Where its entry is in <c>.debug_info</c>.</param>
/// <param name="Parent">For an inlined call, the scope that it was inlined into; otherwise <see cref="IntervalMap.None"/>.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Scope(int Entry, int Parent);

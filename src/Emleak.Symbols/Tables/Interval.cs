using System.Runtime.InteropServices;

namespace Emleak.Symbols.Tables;

/// <summary>Addresses that something claims.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">First address after the last.</param>
/// <param name="Value">What claims them.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Interval(ulong Start, ulong End, int Value);

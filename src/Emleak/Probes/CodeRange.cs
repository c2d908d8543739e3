using System.Runtime.InteropServices;

namespace Emleak.Probes;

/// <summary>Code of a file, by its place in the file.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The first byte after it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeRange(ulong Start, ulong End);

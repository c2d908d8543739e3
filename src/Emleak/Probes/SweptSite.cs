using System.Runtime.InteropServices;

namespace Emleak.Probes;

/// <summary>An instruction of a file where a breakpoint may be left.</summary>
/// <param name="Path">A path that leads to the file.</param>
/// <param name="Offset">The instruction's offset in the file.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SweptSite(string Path, ulong Offset);

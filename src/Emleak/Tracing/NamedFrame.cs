using System.Runtime.InteropServices;

namespace Emleak.Tracing;

/// <summary>One frame as the outputs show it.</summary>
/// <param name="Name">The function; <c>[library]</c> when only the module is known; <c>[UNKNOWN]</c> when nothing is.</param>
/// <param name="Offset">Distance of the return address from the function's start, in bytes, or from the module's.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NamedFrame(string Name, ulong Offset);

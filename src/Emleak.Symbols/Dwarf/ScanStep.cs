using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>One step through an entry: a value to read, or bytes to pass over.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Argument">How many bytes to pass over, or the <see cref="DwarfForm"/> to read.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScanStep(ScanStepKind Kind, ushort Argument);

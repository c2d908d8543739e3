using System.Runtime.InteropServices;

namespace Emleak.Symbols.Dwarf;

/// <summary>The shape of entries (DWARF 5, section 7.5.3), with the steps that lead through them.</summary>
/// <param name="Role">What such entries mean to the search for code.</param>
/// <param name="HasChildren">True when entries inside follow, up to a zero.</param>
/// <param name="FixedSize">Size of all values together, when there is nothing to read and all have the same size; otherwise -1.</param>
/// <param name="FirstStep">Index of the first step.</param>
/// <param name="StepCount">Number of steps.</param>
/// <param name="Attributes">Where in <c>.debug_abbrev</c> the list of attributes starts.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Abbreviation(
    EntryRole Role, bool HasChildren, int FixedSize, int FirstStep, int StepCount, int Attributes);

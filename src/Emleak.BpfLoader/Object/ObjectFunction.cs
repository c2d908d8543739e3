namespace Emleak.BpfLoader.Object;

/// <summary>A function of an executable section: a program, or what programs call.</summary>
/// <param name="Name">The C name.</param>
/// <param name="Section">Where it is.</param>
/// <param name="Start">Its first slot in the section.</param>
/// <param name="Length">Number of slots.</param>
/// <param name="IsProgram">False for functions that are only called.</param>
internal sealed record ObjectFunction(string Name, CodeSection Section, int Start, int Length, bool IsProgram);

using System.Runtime.InteropServices;

namespace Emleak.BpfLoader.Programs;

/// <summary>What came of running a program (<see cref="BpfProgram.Run"/>).</summary>
/// <param name="Result">What the program returned.</param>
/// <param name="OutputSize">How large the packet is that it left, which may be more than there was room for.</param>
/// <param name="Duration">How long a run took on average.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProgramRun(uint Result, int OutputSize, TimeSpan Duration);

using System.Runtime.InteropServices;

namespace Emleak.Target;

/// <summary>A process of the name that is waited for.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="StartTime">When it began, as in <see cref="ProcessStatus.StartTime"/>: with the id, what makes it this process.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Candidate(int Pid, ulong StartTime);

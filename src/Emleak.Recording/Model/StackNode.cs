using System.Runtime.InteropServices;

namespace Emleak.Recordings.Model;

/// <summary>A node of the prefix tree: a frame below its callers.</summary>
/// <param name="Parent">Index of the caller's node; -1 for an outermost frame.</param>
/// <param name="Frame">Index of the frame.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct StackNode(int Parent, int Frame);

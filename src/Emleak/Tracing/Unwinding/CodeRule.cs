using System.Runtime.InteropServices;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>A rule for a range of a file's code that its own unwind tables do not have.</summary>
/// <param name="Start">First address, as linked.</param>
/// <param name="End">First address after it.</param>
/// <param name="Rule">The rule.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CodeRule(ulong Start, ulong End, UnwindRule Rule);

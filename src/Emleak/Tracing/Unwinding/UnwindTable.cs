namespace Emleak.Tracing.Unwinding;

/// <summary>The rows of a range of a file's code, as the programs search them (bpf/unwind.h).</summary>
/// <param name="FirstPage">Address of the first page, as linked.</param>
/// <param name="Start">First address, as linked.</param>
/// <param name="End">First address after the range.</param>
/// <param name="Words">A word for each page, then the rows of each page.</param>
internal sealed record UnwindTable(ulong FirstPage, ulong Start, ulong End, ReadOnlyMemory<uint> Words);

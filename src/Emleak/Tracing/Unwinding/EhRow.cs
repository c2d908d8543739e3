namespace Emleak.Tracing.Unwinding;

/// <summary>One row: from <paramref name="Address"/> on, until the next one.</summary>
internal readonly record struct EhRow(ulong Address, UInt128 Rule);

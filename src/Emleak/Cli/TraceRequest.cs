namespace Emleak.Cli;

/// <summary>A trace of a process that runs or will run.</summary>
/// <param name="Pid">The process to trace; null to wait for one named <paramref name="Comm"/>.</param>
/// <param name="Comm">The program name to wait for, when there is no pid.</param>
/// <param name="Options">How to trace it.</param>
internal sealed record TraceRequest(int? Pid, string? Comm, TracingOptions Options) : Request;

namespace Emleak.Cli;

/// <summary>Tell what could be traced here.</summary>
/// <param name="Pid">The process that is asked about; null to ask about the host alone.</param>
/// <param name="Options">How it would be traced.</param>
internal sealed record CheckRequest(int? Pid, TracingOptions Options) : Request;

namespace Emleak.Cli;

/// <summary>What a command line asks for: help, the version, or a trace.</summary>
internal sealed record Request(bool ShowHelp, bool ShowVersion, TracingOptions? Trace);

namespace Emleak.Cli;

/// <summary>The version was asked for.</summary>
internal sealed record VersionRequest : Request;

namespace Emleak.Tests.Support;

/// <summary>What one call path holds.</summary>
internal sealed record Hold(string Path, long Bytes, long Count);

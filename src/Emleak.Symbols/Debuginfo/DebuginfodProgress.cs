namespace Emleak.Symbols.Debuginfo;

/// <summary>How far a file has come.</summary>
/// <param name="Server">Where it comes from.</param>
/// <param name="BuildId">Which it is, in hexadecimal digits.</param>
/// <param name="Received">Bytes received.</param>
/// <param name="Total">Bytes in all; null when the server does not say.</param>
/// <param name="IsDone">True for the last report of a file, fetched or not.</param>
public sealed record DebuginfodProgress(Uri Server, string BuildId, long Received, long? Total, bool IsDone);

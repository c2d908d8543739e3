namespace Emleak.Recordings.Model;

/// <summary>Something that the recording lacks.</summary>
/// <param name="Code">What was lost, e.g. <c>untracked-blocks</c>.</param>
/// <param name="Count">How often.</param>
/// <param name="Bytes">How many bytes, where that is known.</param>
/// <param name="Detail">More for people; null for nothing.</param>
public sealed record Loss(string Code, long Count, long? Bytes = null, string? Detail = null);

namespace Emleak.Recordings.Model;

/// <summary>A moment that somebody has named.</summary>
/// <param name="Name">The name. It is a stranger's: reports clean it.</param>
/// <param name="Snapshot">The number of the snapshot that was taken for it.</param>
/// <param name="Time">When.</param>
/// <param name="Origin">Who: <c>signal</c>, <c>command</c>, <c>warm-up</c>.</param>
public sealed record Mark(string Name, long Snapshot, DateTimeOffset Time, string Origin);

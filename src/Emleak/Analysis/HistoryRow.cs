namespace Emleak.Analysis;

/// <summary>Outstanding bytes of each stack at one moment.</summary>
/// <param name="Time">When it was taken.</param>
/// <param name="Bytes">Bytes by column; only as many columns as there were then.</param>
internal sealed record HistoryRow(DateTimeOffset Time, IReadOnlyList<long> Bytes);

namespace Emleak.Analysis;

/// <summary>What is outstanding at one moment: ascending by bytes, stacks that hold nothing left out.</summary>
/// <param name="Time">When it was taken.</param>
/// <param name="Stacks">The stacks, largest last; of equal ones the older id first.</param>
internal sealed record Snapshot(DateTimeOffset Time, IReadOnlyList<OutstandingStack> Stacks)
{
    /// <summary>What is counted at all.</summary>
    public Selection Selection { get; init; } = Selection.All;

    public static Snapshot Of(DateTimeOffset time, IEnumerable<OutstandingStack> stacks) =>
        new(time, [.. stacks.Where(s => s.Bytes != 0 || s.Count != 0).OrderBy(s => s.Bytes).ThenBy(s => s.Id)]);
}

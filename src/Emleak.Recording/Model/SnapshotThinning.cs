namespace Emleak.Recordings.Model;

/// <summary>
/// Keeps a recording's snapshots few. When there are <see cref="MaxSnapshots"/>, every second old one is merged into the next, again and again until few
/// enough are left that the next time is far. The first one, the last <see cref="Recent"/>, the peaks and those of marks stay as they are.
/// </summary>
public static class SnapshotThinning
{
    /// <summary>There are never more.</summary>
    public const int MaxSnapshots = 512;

    /// <summary>So many of the last are kept in full.</summary>
    public const int Recent = 64;

    // After a round at most so many are left, unless so many are pinned.
    private const int Enough = 320;

    // More marks than these have their snapshots thinned out as others; the newest keep theirs.
    private const int PinnedMarks = 128;

    /// <summary>Thins out snapshots.</summary>
    /// <param name="snapshots">The snapshots.</param>
    /// <param name="stride">The spacing of old snapshots, in numbers of snapshots: 1 before the first time.</param>
    /// <param name="marks">Marks whose snapshots stay.</param>
    /// <param name="peaks">Numbers of further snapshots that stay.</param>
    /// <returns>Those that are left.</returns>
    internal static Snapshot[] Thin(IReadOnlyList<Snapshot> snapshots, ref long stride, IReadOnlyList<Mark> marks, IReadOnlyCollection<long> peaks)
    {
        HashSet<long> pinned = [.. peaks, .. marks.TakeLast(PinnedMarks).Select(mark => mark.Snapshot)];
        int recent = snapshots.Count - Recent;
        bool Stays(int index, long apart) => index >= recent || snapshots[index].Number % apart == 0 || pinned.Contains(snapshots[index].Number);
        long spacing = stride;
        while (Enumerable.Range(0, snapshots.Count).Count(index => Stays(index, spacing)) > Enough) spacing *= 2;
        stride = spacing;

        List<Snapshot> kept = [];
        StackChanges pending = StackChanges.None;
        for (int i = 0; i < snapshots.Count; i++)
        {
            pending = StackChanges.Merge(pending, snapshots[i].Changes);
            if (!Stays(i, spacing)) continue;
            kept.Add(snapshots[i] with { Changes = pending });
            pending = StackChanges.None;
        }

        return [.. kept];
    }
}

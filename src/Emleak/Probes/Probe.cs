namespace Emleak.Probes;

/// <summary>One function of one file, to be probed.</summary>
/// <param name="Function">What is there.</param>
/// <param name="Module">The file's path as the target sees it, for people.</param>
/// <param name="Path">A path that leads to the very file that the target has mapped.</param>
/// <param name="Start">Where the function starts, in the file.</param>
/// <param name="Placement">Which of its instructions the probe goes to.</param>
internal sealed record Probe(AllocatorFunction Function, string Module, string Path, ulong Start, PlacementChoice Placement)
{
    /// <summary>Where the probe goes, in the file.</summary>
    public ulong FileOffset => Start + (ulong)Placement.Offset;
}

using Emleak.Symbols.Process;

namespace Emleak.Probes;

/// <summary>One function of one file, to be probed.</summary>
/// <param name="Function">What is there.</param>
/// <param name="Module">The file.</param>
/// <param name="Start">Where the function starts, in the file.</param>
/// <param name="Placement">Which of its instructions the probe goes to.</param>
internal sealed record Probe(AllocatorFunction Function, ProcessModule Module, ulong Start, PlacementChoice Placement)
{
    /// <summary>Where the probe goes, in the file.</summary>
    public ulong FileOffset => Start + (ulong)Placement.Offset;

    /// <summary>True when the process executes a copy of the code, in anonymous memory, where a probe of the file is never hit.</summary>
    public bool IsBypassed => Module.Mappings.Any(mapping =>
        mapping.IsCopy && FileOffset >= mapping.FileOffset && FileOffset - mapping.FileOffset < mapping.End - mapping.Start);

    /// <summary>A path that leads to the very file that the target has mapped.</summary>
    public string Path => Module.FilePath;

    /// <summary>Where the probe is in the process now: once for each mapping of the file that shows it.</summary>
    public IEnumerable<ulong> Addresses => Module.Mappings
        .Where(mapping => FileOffset >= mapping.FileOffset && FileOffset - mapping.FileOffset < mapping.End - mapping.Start)
        .Select(mapping => mapping.Start + (FileOffset - mapping.FileOffset));
}

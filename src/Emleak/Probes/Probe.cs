using Emleak.Symbols.Process;

namespace Emleak.Probes;

/// <summary>One function of one file, to be probed.</summary>
/// <param name="Function">What is there.</param>
/// <param name="Module">The file.</param>
/// <param name="Sites">Where programs run, in the order in which they are attached: the end of a call before its beginning.</param>
/// <param name="Code">Its code, if what is called from there is its own business.</param>
/// <param name="Reason">Why there, for people.</param>
internal sealed record Probe(
    AllocatorFunction Function, ProcessModule Module, IReadOnlyList<ProbeSite> Sites, IReadOnlyList<CodeRange> Code, string Reason)
{
    /// <summary>True when the process executes a copy of the code, in anonymous memory, where a probe of the file is never hit.</summary>
    public bool IsBypassed => Module.Mappings.Any(mapping => mapping.IsCopy && Sites.Any(site =>
        site.FileOffset >= mapping.FileOffset && site.FileOffset - mapping.FileOffset < mapping.End - mapping.Start));

    /// <summary>A path that leads to the very file that the target has mapped.</summary>
    public string Path => Module.FilePath;

    /// <summary>Where a site is in the process now: once for each mapping of the file that shows it.</summary>
    public IEnumerable<ulong> AddressesOf(ProbeSite site) => Module.Mappings
        .Where(mapping => site.FileOffset >= mapping.FileOffset && site.FileOffset - mapping.FileOffset < mapping.End - mapping.Start)
        .Select(mapping => mapping.Start + (site.FileOffset - mapping.FileOffset));

    /// <summary>Where its code is in the process now.</summary>
    public IEnumerable<CodeRange> CodeInProcess() =>
        from mapping in Module.Mappings
        let last = mapping.FileOffset + (mapping.End - mapping.Start)
        from range in Code
        where range.Start < last && range.End > mapping.FileOffset
        select new CodeRange(
            mapping.Start + (Math.Max(range.Start, mapping.FileOffset) - mapping.FileOffset), mapping.Start + (Math.Min(range.End, last) - mapping.FileOffset));
}

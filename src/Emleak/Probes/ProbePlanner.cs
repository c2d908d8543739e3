using Emleak.Cli;
using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>Decides which functions of a process are probed, module by module, and where.</summary>
internal sealed class ProbePlanner
{
    private readonly IReadOnlyList<AllocatorFunction> _custom;
    private readonly FunctionSearch _search;
    private readonly ObjectFilter _objects;
    private readonly ProbePlacement _placement;
    private readonly HashSet<string> _foundCustom = new(StringComparer.Ordinal);
    private readonly HashSet<FileIdentity> _searched = [];

    public ProbePlanner(TracingOptions options)
    {
        _custom = options.Functions;
        _search = new FunctionSearch(options.Functions, options.SymbolPrefixes);
        _objects = new ObjectFilter(options.Objects);
        _placement = options.Placement;
    }

    /// <summary>The probes for modules that were not searched before.</summary>
    public IReadOnlyList<Probe> PlanNew(IEnumerable<ProcessModule> modules)
    {
        List<Probe> probes = [];
        foreach (ProcessModule module in modules)
        {
            if (_searched.Add(module.Identity)) probes.AddRange(Plan(module).Select(site => site.Probe).OfType<Probe>());
        }

        return probes;
    }

    /// <summary>Everything of a module that was considered, and the probe of what gets one.</summary>
    public IReadOnlyList<(FoundFunction Found, Probe? Probe)> Plan(ProcessModule module)
    {
        if (module.Image is not { Is64Bit: true } image || !_objects.Takes(module)) return [];
        List<(FoundFunction, Probe?)> sites = [];
        foreach (FoundFunction found in _search.Find(module))
        {
            if (found.Function.Kind == FunctionKind.Custom) _foundCustom.Add(found.Function.Name);
            Probe? probe = found.Refusal is null ? new Probe(found.Function, module, found.Symbol.FileOffset, Place(image, found)) : null;
            sites.Add((found, probe));
        }

        return sites;
    }

    /// <summary>What the user named and the process does not have, a line for each.</summary>
    public IEnumerable<string> DescribeMissing(IEnumerable<ProcessModule> modules)
    {
        foreach (string missing in _objects.Missing) yield return $"the process has not mapped '{missing}'; it has {PathsOf(modules)}";

        foreach (AllocatorFunction function in _custom)
        {
            if (_foundCustom.Contains(function.Name)) continue;
            NearestNames nearest = new(function.Name);
            foreach (ProcessModule module in modules.Where(_objects.Takes)) module.Suggest(nearest);
            string suggestion = nearest.Names.Count == 0 ? "" : $"; did you mean {string.Join(", ", nearest.Names)}?";
            yield return $"there is no function '{function.Name}' in {PathsOf(modules.Where(_objects.Takes))}{suggestion}";
        }
    }

    private static string PathsOf(IEnumerable<ProcessModule> modules) => string.Join(", ", modules.Select(module => module.Path));

    private PlacementChoice Place(ElfImage image, FoundFunction found)
    {
        if (_placement == ProbePlacement.Entry) return new PlacementChoice(0, IsEmulated: false, "the entry was asked for");
        FunctionShape shape = found.Function.Shape;
        return image.Machine switch
        {
            ElfMachine.X64 => X64Placement.Choose(FunctionCode.Of(image, found.Symbol), shape.Reads, shape.HasReturn),
            ElfMachine.Arm64 => Arm64Placement.Choose(FunctionCode.Of(image, found.Symbol), shape.Reads, shape.HasReturn),
            _ => new PlacementChoice(0, IsEmulated: false, "no rules for this architecture"),
        };
    }
}

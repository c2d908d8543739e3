using Emleak.Cli;
using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;
using Emleak.Symbols.Unwind;

namespace Emleak.Probes;

/// <summary>Decides which functions of a process are probed, module by module, and where.</summary>
internal sealed class ProbePlanner
{
    private readonly IReadOnlyList<AllocatorFunction> _custom;
    private readonly FunctionSearch _search;
    private readonly ObjectFilter _objects;
    private readonly ProbeRules _rules;
    private readonly HashSet<string> _foundCustom = new(StringComparer.Ordinal);
    private readonly HashSet<FileIdentity> _searched = [];
    private readonly List<string> _uncovered = [];
    private string? _uncoveredCustom;

    /// <summary>The unwind tables of files: one process after the other has the same libraries.</summary>
    public static UnwindTableCache Tables { get; } = new();

    public ProbePlanner(TracingOptions options)
    {
        _custom = options.Functions;
        _search = new FunctionSearch(options.Functions, options.SymbolPrefixes);
        _objects = new ObjectFilter(options.Objects);
        _rules = new ProbeRules(options.Placement, options.UsesExitProbes, options.AllowsUnsafeReturnProbes);
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
        IReadOnlyList<FoundFunction> functions = _search.Find(module);
        if (functions.Count == 0) return [];
        FunctionPlan? plan = TryPlan(module, image);
        List<(FoundFunction, Probe?)> sites = [];
        foreach (FoundFunction found in functions)
        {
            if (found.Function.Kind == FunctionKind.Custom) _foundCustom.Add(found.Function.Name);
            string? refusal = found.Refusal;
            Probe? probe = refusal is null ? TryMake(plan, found, out refusal) : null;
            if (found.Refusal is null && refusal is not null) AddUncovered(found, $"{found.Symbol.Name} of {module.Path} is not probed: {refusal}");
            sites.Add((found with { Refusal = refusal }, probe));
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

    /// <summary>Checks that no function that the user named had to be left out.</summary>
    /// <exception cref="EmleakException">One cannot be covered.</exception>
    public void CheckCovered()
    {
        if (_uncoveredCustom is not null) throw new EmleakException(ExitCode.FunctionNotFound, _uncoveredCustom + "; --unsafe-return-probes traces it all the same");
    }

    /// <summary>What cannot be probed although it should be, in words: what was not there the last time.</summary>
    public IReadOnlyList<string> TakeUncovered()
    {
        string[] texts = [.. _uncovered];
        _uncovered.Clear();
        return texts;
    }

    private void AddUncovered(FoundFunction found, string text)
    {
        _uncovered.Add(text);
        if (found.Function.Kind == FunctionKind.Custom) _uncoveredCustom ??= text;
    }

    private FunctionPlan? TryPlan(ProcessModule module, ElfImage image)
    {
        try
        {
            return new FunctionPlan(module, image, Tables, _rules);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static Probe? TryMake(FunctionPlan? plan, FoundFunction found, out string? refusal)
    {
        refusal = "its file is damaged";
        try
        {
            return plan?.TryMake(found, out refusal);
        }
        catch (MalformedDataException)
        {
            return null;
        }
    }

    private static string PathsOf(IEnumerable<ProcessModule> modules) => string.Join(", ", modules.Select(module => module.Path));
}

using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>Finds the allocator functions of a module, each address once: the user's own first, then those of the known allocators.</summary>
internal sealed class FunctionSearch
{
    private const string Indirect = "it only chooses the function that is called (IFUNC)";

    private readonly AllocatorFunction[] _custom;
    private readonly FunctionNames? _customNames;
    private readonly Dictionary<string, (int Rank, AllocatorFunction Function)> _known = new(StringComparer.Ordinal);
    private readonly FunctionNames _knownNames;

    public FunctionSearch(IEnumerable<AllocatorFunction> custom, IEnumerable<string> prefixes)
    {
        _custom = [.. custom];
        if (_custom.Length > 0) _customNames = new FunctionNames(_custom.Select(function => function.Name), alsoAsInSource: true);
        foreach (AllocatorFunction function in AllocatorTable.With(prefixes)) _known.TryAdd(function.Name, (_known.Count, function));
        _knownNames = new FunctionNames(_known.Keys);
    }

    /// <summary>The functions, those that get no probe included.</summary>
    public IReadOnlyList<FoundFunction> Find(ProcessModule module)
    {
        try
        {
            List<FoundFunction> found = [.. Custom(module), .. Known(module)];
            HashSet<ulong> taken = [];
            // A name that gets no probe does not take it from another one for the same address.
            return [.. found.Where(function => function.Refusal is null).Where(function => taken.Add(function.Symbol.FileOffset)),
                .. found.Where(function => function.Refusal is not null).Where(function => taken.Add(function.Symbol.FileOffset))];
        }
        catch (MalformedDataException)
        {
            // A file whose symbols cannot be read has no functions to probe; its frames will say why they have no names.
            return [];
        }
    }

    private IEnumerable<FoundFunction> Custom(ProcessModule module)
    {
        if (_customNames is null) return [];
        ILookup<string, FunctionMatch> found = module.FindFunctions(_customNames).ToLookup(match => match.Wanted, StringComparer.Ordinal);
        return
            from function in _custom
            from match in found[function.Name]
            select new FoundFunction(function, match.Function, match.Function.IsIndirect ? Indirect : null);
    }

    

    private IEnumerable<FoundFunction> Known(ProcessModule module)
    {
        IReadOnlyList<FunctionMatch> matches = module.FindFunctions(_knownNames);
        if (matches.Count == 0) return [];
        FoundFunction[] found = [.. matches
            .Select(match => (_known[match.Wanted].Rank, match.Function, Known: _known[match.Wanted].Function))
            .OrderBy(match => match.Rank)
            .Select(match => new FoundFunction(match.Known, match.Function, match.Function.IsIndirect ? Indirect : null))];
        ModuleHeap heap = new(module.Image!, found);
        return found.Select(function => function.Refusal is null ? function with { Refusal = heap.WhyNot(function) } : function);
    }
}

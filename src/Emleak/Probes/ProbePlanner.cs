using Emleak.Cli;
using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

namespace Emleak.Probes;

/// <summary>Finds the allocator functions of a process, module by module, each address once.</summary>
internal sealed class ProbePlanner
{
    private readonly IReadOnlyList<AllocatorFunction> _custom;
    private readonly ProbePlacement _placement;
    private readonly HashSet<string> _foundCustom = new(StringComparer.Ordinal);
    private readonly HashSet<FileIdentity> _searched = [];

    public ProbePlanner(TracingOptions options)
    {
        List<AllocatorFunction> custom = [];
        if (options.AllocateFunction is not null) custom.Add(AllocatorFunction.CustomAllocate(options.AllocateFunction));
        if (options.ReleaseFunction is not null) custom.Add(AllocatorFunction.CustomRelease(options.ReleaseFunction));
        _custom = custom;
        _placement = options.Placement;
    }

    /// <summary>The probes for modules that were not searched before.</summary>
    public IReadOnlyList<Probe> PlanNew(IEnumerable<ProcessModule> modules)
    {
        List<Probe> probes = [];
        foreach (ProcessModule module in modules)
        {
            if (_searched.Add(module.Identity)) AddProbes(probes, module);
        }

        return probes;
    }

    /// <summary>Checks that the user's own functions were found in one of the modules.</summary>
    /// <exception cref="EmleakException">One was not.</exception>
    public void CheckCustomFound(IEnumerable<ProcessModule> modules)
    {
        foreach (AllocatorFunction function in _custom)
        {
            if (_foundCustom.Contains(function.Name)) continue;
            string places = string.Join(", ", modules.Select(module => module.Path));
            throw new EmleakException(ExitCode.FunctionNotFound, $"there is no function '{function.Name}' in {places}");
        }
    }

    private void AddProbes(List<Probe> probes, ProcessModule module)
    {
        HashSet<ulong> taken = [];

        // The user's word for a function goes before the C library's.
        foreach (AllocatorFunction function in _custom)
        {
            foreach (FunctionSymbol symbol in Find(module, function.Name))
            {
                _foundCustom.Add(function.Name);
                if (taken.Add(symbol.FileOffset)) probes.Add(ProbeOf(module, function, symbol));
            }
        }

        foreach (AllocatorFunction function in AllocatorFunction.Standard)
        {
            foreach (FunctionSymbol symbol in Find(module, function.Name))
            {
                // A static function that happens to be called free, or one that only looks like the library's: not ours.
                if (symbol.Binding == ElfSymbolBinding.Local || symbol.IsIndirect) continue;
                if (taken.Add(symbol.FileOffset)) probes.Add(ProbeOf(module, function, symbol));
            }
        }
    }

    private static IReadOnlyList<FunctionSymbol> Find(ProcessModule module, string name)
    {
        try
        {
            return module.FindFunctions(name);
        }
        catch (MalformedDataException)
        {
            // A file whose symbols cannot be read has no functions to probe; its frames will say why they have no names.
            return [];
        }
    }

    private Probe ProbeOf(ProcessModule module, AllocatorFunction function, FunctionSymbol symbol) =>
        new(function, module, symbol.FileOffset, Place(module, function, symbol));

    private PlacementChoice Place(ProcessModule module, AllocatorFunction function, FunctionSymbol symbol)
    {
        if (_placement == ProbePlacement.Entry) return new PlacementChoice(0, IsEmulated: false, "the entry was asked for");
        if (module.Image!.Machine != ElfMachine.X64) return new PlacementChoice(0, IsEmulated: false, "no rules for this architecture");
        ReadOnlySpan<byte> code = CodeOf(module.Image, symbol);
        return X64Placement.Choose(code, function.Shape.Reads, function.Shape.HasReturn);
    }

    private static ReadOnlySpan<byte> CodeOf(ElfImage image, FunctionSymbol symbol)
    {
        try
        {
            return image.GetBytes(symbol.FileOffset, symbol.Size);
        }
        catch (MalformedDataException)
        {
            // A symbol that lies about its size: the entry is always right.
            return default;
        }
    }
}

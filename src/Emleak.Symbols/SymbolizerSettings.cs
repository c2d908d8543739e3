using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Process;

namespace Emleak.Symbols;

/// <summary>Where a symbolizer may look.</summary>
public sealed record SymbolizerSettings
{
    /// <summary>The files at hand only.</summary>
    public static SymbolizerSettings Default { get; } = new();

    /// <summary>What is accepted of the files, and how much memory they may take together.</summary>
    public ElfLimits Limits { get; init; } = ElfLimits.Default;

    /// <summary>Where debug files are fetched from that are not at hand; null to fetch none. They are fetched when sources are asked for.</summary>
    public DebuginfodClient? Debuginfod { get; init; }

    /// <summary>
    /// True to have the .NET runtime of the process, from .NET 8, tell the names of managed functions for as long as the symbolizer lives: it
    /// writes them to <c>/tmp/perf-PID.map</c>, which is removed afterwards.
    /// </summary>
    public bool AskForManagedNames { get; init; }

    /// <summary>Told of the runtimes that are asked; null for nobody.</summary>
    public IManagedNamesWitness? ManagedNamesWitness { get; init; }
}

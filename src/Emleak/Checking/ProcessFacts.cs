using System.Globalization;
using Emleak.Elf;
using Emleak.Probes;
using Emleak.Reporting;
using Emleak.Symbols.Process;

namespace Emleak.Checking;

/// <summary>The modules of a process, and of each what would be probed, where, and why there.</summary>
internal sealed class ProcessFacts(ProbePlanner planner, Reporter reporter)
{
    /// <summary>How many functions would be probed.</summary>
    public int ProbeCount { get; private set; }

    /// <summary>Writes everything.</summary>
    public void Write(IReadOnlyList<ProcessModule> modules)
    {
        foreach (ProcessModule module in modules) Write(module);
    }

    private void Write(ProcessModule module)
    {
        IReadOnlyList<(FoundFunction Found, Probe? Probe)> sites = planner.Plan(module);
        int probes = sites.Count(site => site.Probe is not null);
        ProbeCount += probes;
        reporter.Report($"  {module.Path}");
        reporter.Report($"    {Describe(module)}{(probes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {probes} functions to probe"))}");
        foreach ((FoundFunction found, Probe? probe) in sites.OrderBy(site => site.Found.Symbol.FileOffset)) reporter.Report("    " + Describe(found, probe));
    }

    private static string Describe(ProcessModule module)
    {
        if (module.Image is not { } image) return $"not readable: {module.Problem?.Detail}";
        string buildId = module.BuildId.IsEmpty ? "no build id" : "build id " + Convert.ToHexStringLower(module.BuildId.AsSpan());
        string bits = image.Is64Bit ? "" : ", 32-bit";
        string debug = module.DebugFilePath is string path ? $", debug file {path}" : "";
        string symbols = image.Sections.Any(section => section.Type == ElfSectionType.SymbolTable) || debug.Length > 0 ? "" : ", exported names only";
        return $"{buildId}{bits}{debug}{symbols}";
    }

    private static string Describe(FoundFunction found, Probe? probe)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"{found.Symbol.Name} at 0x{found.Symbol.FileOffset:x}");
        return probe is null
            ? $"{place}: no probe: {found.Refusal}"
            : $"{place}: {probe.Reason}";
    }
}

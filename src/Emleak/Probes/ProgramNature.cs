using Emleak.Symbols.Process;

namespace Emleak.Probes;

/// <summary>What kind of program a process runs, where that decides what can be seen of its memory.</summary>
internal static class ProgramNature
{
    private static readonly string[] GoSections = [".go.buildinfo", ".note.go.buildid", ".gopclntab"];

    /// <summary>Something that the user must know of to read the results right; null when there is nothing.</summary>
    public static string? Note(IEnumerable<ProcessModule> modules) => IsGo(modules)
        ? "this is a Go program: Go's own heap is collected, not freed, and not seen here (see Go's pprof); what its C code allocates (cgo) is"
        : null;

    /// <summary>Why nothing of a process is probed.</summary>
    public static EmleakException WhyNothing(int pid, IReadOnlyList<ProcessModule> modules)
    {
        if (modules.Any(module => module.Image is { Is64Bit: false }))
            return new EmleakException(ExitCode.NoProcess, $"process {pid} is a 32-bit program: emleak traces 64-bit ones") { IsOfOneProcess = true };
        if (IsGo(modules))
            return NoAllocator(pid, "it is a Go program without C code, and Go's own heap is collected, not freed: see Go's pprof for it");
        if (modules.Count == 0) return NoAllocator(pid, "it has no file mapped as code");
        if (modules.All(module => module.Image is null)) return NoAllocator(pid, $"its files cannot be read: {modules[0].Problem?.Detail}");
        return NoAllocator(pid, "none of its files has a function of a known name. A stripped static program needs its debug file; other names are given with -m, -f or --symbols-prefix");
    }

    private static bool IsGo(IEnumerable<ProcessModule> modules) =>
        modules.Any(module => module.Image is { } image && GoSections.Any(section => image.FindSection(section) is not null));

    private static EmleakException NoAllocator(int pid, string reason) =>
        new(ExitCode.FunctionNotFound, $"no allocator was found in process {pid}: {reason}") { IsOfOneProcess = true };
}

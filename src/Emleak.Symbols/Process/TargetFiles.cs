using Emleak.Elf;

namespace Emleak.Symbols.Process;

/// <summary>How the files are opened that belong together: those of one process, or a file that the user has named and what that leads to.</summary>
/// <param name="Root">The root folder that names out of the files count from.</param>
/// <param name="Limits">What is accepted.</param>
/// <param name="Budget">Pays for the memory of all of them.</param>
internal sealed record TargetFiles(RootFolder Root, ElfLimits Limits, MemoryBudget Budget)
{
    /// <summary>Files in the caller's own root folder, with a budget of their own.</summary>
    public static TargetFiles Own(ElfLimits limits) => new(RootFolder.Own, limits, MemoryBudget.ForAll(limits));

    /// <summary>The same with names that count from the caller's own root folder: only for names that are the caller's own.</summary>
    public TargetFiles InOwnRoot => this with { Root = RootFolder.Own };

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path, counted from the root folder.</param>
    /// <param name="layOut">True to give the sections of a relocatable file addresses.</param>
    /// <exception cref="MalformedDataException">Not a regular file, or not a well-formed ELF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public ElfImage Open(string path, bool layOut = false) => ElfImage.OpenIn(Root, path, Budget, Limits, layOut);
}

using System.Collections.Immutable;
using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Precompiled;
using Emleak.Symbols.Tables;
using Emleak.Symbols.Unwind;

namespace Emleak.Symbols.Process;

/// <summary>
/// An executable file that a process has mapped: the program itself, or a library. Stays usable when the file is deleted
/// and when the process has exited. Owned by its <see cref="ProcessModules"/>. Safe for concurrent readers.
/// </summary>
public sealed class ProcessModule
{
    private readonly DebugFile? _debugFile;

    private ProcessModule(
        MemoryMapping mapping, string filePath, TargetFiles files, ElfImage? image, DebugFile? debugFile, ModuleProblem? problem, DebuginfodClient? debuginfod = null)
    {
        // Kept open from now on, like all others.
        if (problem?.Reason == MissingReason.FileMalformed && filePath.Length > 0) Precompiled = PrecompiledCode.TryOpen(filePath, files);
        FilePath = filePath;
        Path = mapping.Path;
        Identity = mapping.File;
        Image = image;
        Problem = problem;
        BuildId = image is null ? [] : [.. image.BuildId];
        _debugFile = debugFile;
        if (image is not null) Symbols = new ModuleSymbols(image, new FileLocation(mapping.Path, files), debugFile, debuginfod);
    }

    /// <summary>The path as the target sees it.</summary>
    public string Path { get; }

    /// <summary>
    /// A path that leads from here to the very file that is mapped, whatever has become of <see cref="Path"/>: for probes,
    /// which the kernel attaches by path. Valid as long as the process has the file mapped; empty when there is none.
    /// </summary>
    public string FilePath { get; }

    /// <summary>Device and inode as the target's maps show them: what makes it this module and no other.</summary>
    public FileIdentity Identity { get; }

    /// <summary>The file; null when it cannot be used, for the reason in <see cref="Problem"/>.</summary>
    public ElfImage? Image { get; }

    /// <summary>Why there is no <see cref="Image"/>; null when there is one.</summary>
    public ModuleProblem? Problem { get; }

    /// <summary>The build id; empty when the file carries none.</summary>
    public ImmutableArray<byte> BuildId { get; }

    /// <summary>Path of the separate debug file, as seen from here; null when none was found.</summary>
    public string? DebugFilePath => _debugFile?.Path;

    /// <summary>Where the module's code is mapped, or was when last seen; ascending.</summary>
    public IReadOnlyList<MemoryMapping> Mappings { get; internal set; } = [];

    /// <summary>Names the module's code; null when there is no <see cref="Image"/>.</summary>
    internal ModuleSymbols? Symbols { get; }

    /// <summary>Names the code of a .NET library; null for other files.</summary>
    internal PrecompiledCode? Precompiled { get; }

    /// <summary>Translates an address of the process into an offset in the file: what a uprobe wants.</summary>
    /// <returns>False when the module's code is not mapped there.</returns>
    public bool TryGetFileOffset(ulong runtimeAddress, out ulong fileOffset)
    {
        MemoryMapping? mapping = MappingSearch.Find(Mappings, runtimeAddress);
        fileOffset = mapping is null ? 0 : unchecked(runtimeAddress - mapping.Start + mapping.FileOffset);
        return mapping is not null;
    }

    /// <summary>Translates an address of the process into the virtual address that the file's symbols are in.</summary>
    /// <returns>False when the module's code is not mapped there, or the place belongs to no loaded segment.</returns>
    public bool TryGetLinkedAddress(ulong runtimeAddress, out ulong linkedAddress)
    {
        linkedAddress = 0;
        return Image is not null
            && TryGetFileOffset(runtimeAddress, out ulong fileOffset)
            && Image.TryGetAddress(fileOffset, out linkedAddress);
    }

    /// <summary>The same in one of its mappings, which may be gone.</summary>
    internal bool TryGetLinkedAddress(MemoryMapping mapping, ulong runtimeAddress, out ulong linkedAddress)
    {
        linkedAddress = 0;
        return Image is not null && Image.TryGetAddress(unchecked(runtimeAddress - mapping.Start + mapping.FileOffset), out linkedAddress);
    }

    /// <summary>
    /// All functions with this name in the module's tables, local ones included; one entry for each address. Names are compared as they are
    /// stored: mangled, and without symbol version.
    /// </summary>
    /// <exception cref="MalformedDataException">A symbol table is corrupt.</exception>
    public IReadOnlyList<FunctionSymbol> FindFunctions(string name) => [.. FindFunctions(new FunctionNames([name])).Select(match => match.Function)];

    /// <summary>
    /// All functions with these names in the module's tables, local ones included; one entry for each name and address. A name that
    /// has several versions stands for its default one, if there is one.
    /// </summary>
    /// <exception cref="MalformedDataException">A symbol table is corrupt.</exception>
    public IReadOnlyList<FunctionMatch> FindFunctions(FunctionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return Symbols is null ? [] : FunctionFinder.Find(Image!, Symbols.Sources, names);
    }

    /// <summary>Lets a search for a misspelled name see the names of the module's functions. Tables that are corrupt are passed over.</summary>
    public void Suggest(NearestNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (Symbols is null) return;
        try
        {
            FunctionFinder.ForEachName(Symbols.Sources, names.Consider);
        }
        catch (MalformedDataException)
        {
            // Suggestions are a courtesy.
        }
    }

    /// <summary>How to walk the stack through the module's code, from its own tables and those of its debug file.</summary>
    /// <param name="tables">Those that were read before.</param>
    public UnwindTable GetUnwindTable(UnwindTableCache tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return Image is null ? UnwindTable.Empty : tables.Get(Image, _debugFile?.Image);
    }

    internal static ProcessModule Open(int readerId, MemoryMapping mapping, TargetFiles files, DebuginfodClient? debuginfod)
    {
        ElfImage? image = null;
        string path = "";
        try
        {
            image = ModuleFile.Open(readerId, mapping, files, out path);
            DebugFile? debugFile = DebugFileSearch.Find(image, new FileLocation(mapping.Path, files));
            return new ProcessModule(mapping, path, files, image, debugFile, problem: null, debuginfod);
        }
        catch (MalformedDataException problem)
        {
            image?.Dispose();
            MissingReason reason = mapping.IsMemoryFile ? MissingReason.AnonymousCode : MissingReason.FileMalformed;
            return new ProcessModule(mapping, path, files, null, null, new ModuleProblem(reason, problem.Message));
        }
        catch (Exception problem) when (ModuleFile.IsUnreadable(problem))
        {
            image?.Dispose();
            return new ProcessModule(mapping, path, files, null, null, new ModuleProblem(MissingReason.FileUnreadable, SystemError.Describe(problem)));
        }
    }

    internal void Release()
    {
        Symbols?.Dispose();
        Precompiled?.Dispose();
        Image?.Dispose();
        _debugFile?.Image.Dispose();
    }
}

using System.Collections;
using Emleak.Elf;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Symbols.Process;

/// <summary>
/// The executable files that a process has mapped or had mapped. Files are opened when first seen and stay open, so that
/// what was seen once can be named when it is unloaded, deleted, or the process has exited. Not safe for concurrent use.
/// </summary>
public sealed class ProcessModules : IReadOnlyList<ProcessModule>, IDisposable
{
    // A program changes its root folder once, if at all.
    private const int MostRoots = 16;

    private readonly int _pid;
    private readonly DebuginfodClient? _debuginfod;
    private readonly List<RootFolder> _roots = [];
    private readonly List<ProcessModule> _modules = [];
    private readonly Dictionary<FileIdentity, int> _byIdentity = [];
    private readonly CodeHistory _history = new();
    private readonly CodeCopies _copies = new();
    private IReadOnlyList<MemoryMapping> _memory = [];

    private TargetFiles _files;

    private ProcessModules(int pid, SymbolizerSettings settings)
    {
        _pid = pid;
        _debuginfod = settings.Debuginfod;
        _files = TargetFiles.Own(settings.Limits) with { Root = RootFolder.Nowhere };
    }

    /// <summary>The kernel's code in the process, or null.</summary>
    internal MemoryImage? Vdso { get; private set; }

    /// <summary>Number of modules.</summary>
    public int Count => _modules.Count;

    /// <summary>The modules in the order in which they were first seen.</summary>
    public ProcessModule this[int index] => _modules[index];

    /// <summary>Reads the maps of a process and opens its modules.</summary>
    /// <param name="pid">Process id in the caller's pid namespace.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process.</exception>
    public static ProcessModules Read(int pid) => Read(pid, SymbolizerSettings.Default);

    internal static ProcessModules Read(int pid, SymbolizerSettings settings)
    {
        ProcessModules modules = new(pid, settings);
        modules.Update(ProcessMaps.Read(pid));
        return modules;
    }

    /// <summary>Reads the maps again: libraries come and go. What was seen before is kept where nothing new has taken its place.</summary>
    /// <returns>False when the process has exited; everything that was known stays.</returns>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process any more.</exception>
    public bool Refresh()
    {
        try
        {
            ProcessMaps maps = ProcessMaps.Read(_pid);
            Update(maps);
            return maps.Mappings.Count > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The executable mapping that <paramref name="address"/> lies in or lay in when last seen, or null.</summary>
    public MemoryMapping? FindMapping(ulong address) => _history.Find(address);

    /// <summary>The executable mapping of an incarnation that <paramref name="address"/> lay in.</summary>
    internal MemoryMapping? FindMapping(ulong address, int incarnation) => _history.Find(address, incarnation);

    /// <summary>The executable mappings, of files and others, when the process was last seen; ascending.</summary>
    public IReadOnlyList<MemoryMapping> Code => _history.Current;

    /// <summary>The mapping of any kind that <paramref name="address"/> lay in when the process was last seen, or null.</summary>
    internal MemoryMapping? FindMemory(ulong address) => MappingSearch.Find(_memory, address);

    /// <summary>The module that a mapping shows, or null when it shows none.</summary>
    public ProcessModule? FindModule(MemoryMapping mapping)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return mapping.IsFile && _byIdentity.TryGetValue(mapping.File, out int index) ? _modules[index] : null;
    }

    /// <inheritdoc/>
    public IEnumerator<ProcessModule> GetEnumerator() => _modules.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the files. Images and symbols of the modules must not be used any more.</summary>
    public void Dispose()
    {
        foreach (ProcessModule module in _modules) module.Release();
        foreach (RootFolder root in _roots) root.Dispose();
        Vdso?.Dispose();
    }

    private void Update(ProcessMaps maps)
    {
        if (maps.Mappings.Count > 0) _memory = maps.Mappings;
        TakeRoot(maps.ReaderId);
        List<MemoryMapping> current = [];
        foreach (MemoryMapping mapping in maps.Mappings)
        {
            if (!mapping.IsExecutable) continue;
            if (mapping.IsFile) OpenOnce(maps.ReaderId, mapping);
            else if (mapping.Path == "[vdso]") TakeVdso(maps.ReaderId, mapping);
            current.Add(mapping.IsFile || mapping.IsKernelProvided ? mapping : _copies.Resolve(maps, mapping, this, _files));
        }

        _history.Update(current);
        ILookup<FileIdentity, MemoryMapping> byFile = _history.Known.Where(mapping => mapping.IsFile).ToLookup(mapping => mapping.File);
        foreach (ProcessModule module in _modules) module.Mappings = [.. byFile[module.Identity]];
    }

    // Held, because files are still opened that debug information leads to when the process has gone.
    private void TakeRoot(int readerId)
    {
        if (RootFolder.OfProcess(readerId) is not { } root) return;
        if (_roots.Count == MostRoots || (_roots.Count > 0 && _roots[^1].Identity == root.Identity))
        {
            root.Dispose();
            return;
        }

        _roots.Add(root);
        _files = _files with { Root = root };
    }

    private void TakeVdso(int readerId, MemoryMapping mapping)
    {
        if (Vdso is { } known && known.Mapping.Start == mapping.Start && known.Mapping.End == mapping.End || MemoryImage.TryRead(readerId, mapping) is not { } image) return;
        Vdso?.Dispose();
        Vdso = image;
    }

    /// <summary>The module of a mapping of a file, opened if it is new.</summary>
    internal ProcessModule OpenOnce(int readerId, MemoryMapping mapping)
    {
        if (!_byIdentity.TryGetValue(mapping.File, out int index))
        {
            index = _modules.Count;
            _byIdentity.Add(mapping.File, index);
            _modules.Add(ProcessModule.Open(readerId, mapping, _files, _debuginfod));
        }
        else if (_modules[index].Problem is { Reason: MissingReason.FileUnreadable })
        {
            _modules[index] = ProcessModule.Open(readerId, mapping, _files, _debuginfod);
        }

        return _modules[index];
    }
}

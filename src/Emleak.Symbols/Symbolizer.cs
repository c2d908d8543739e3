using Emleak.Symbols.Process;

namespace Emleak.Symbols;

/// <summary>
/// Names the code of one process. What was seen by <see cref="ForProcess(int)"/> or a later <see cref="Refresh"/> can be named
/// after it is unloaded and after the process has exited. Safe for concurrent callers.
/// </summary>
/// <example>
/// <code>
/// using Symbolizer symbolizer = Symbolizer.ForProcess(pid);
/// foreach (Frame frame in symbolizer.Symbolize(returnAddresses, AddressKind.Return))
/// {
///     Console.WriteLine($"{frame.Function ?? "?"}+0x{frame.Offset:x} ({frame.Module})");
/// }
/// </code>
/// </example>
public sealed class Symbolizer : ISymbolizer
{
    private readonly Lock _gate = new();
    private readonly ProcessModules _modules;
    private readonly PerfMapSearch _perfMap;
    private readonly FrameLocator _locator;
    private readonly Dictionary<(ulong Address, AddressKind Kind, bool WithSources), Frame> _known = [];
    private readonly Dictionary<CodeAddress, Frame> _knownCode = [];

    private readonly int _pid;
    private readonly SymbolizerSettings _settings;
    private ManagedNames? _managedNames;

    private Symbolizer(int pid, SymbolizerSettings settings, ProcessModules modules, PerfMapSearch perfMap)
    {
        _pid = pid;
        _settings = settings;
        AskForManagedNames();
        _modules = modules;
        _perfMap = perfMap;
        _locator = new FrameLocator(modules, perfMap);
        perfMap.Refresh();
    }

    /// <summary>The files that the process has mapped, or had. Do not use while another thread may call <see cref="Refresh"/>.</summary>
    public IReadOnlyList<ProcessModule> Modules => _modules;

    /// <summary>
    /// The executable mappings, of files and others, when the process was last seen; ascending. Do not use while another thread may call <see cref="Refresh"/>.
    /// </summary>
    public IReadOnlyList<MemoryMapping> Code => _modules.Code;

    /// <summary>The code that the kernel gives to the process, or null: it is in no file. It belongs to the symbolizer.</summary>
    public MemoryImage? Vdso => _modules.Vdso;

    /// <summary>Why the names that a run-time compiler gives its code are not used, or not all of them; null when nothing is wrong.</summary>
    public string? PerfMapProblem => _perfMap.Problem;

    /// <summary>Opens what a process has mapped.</summary>
    /// <param name="pid">Process id in the caller's pid namespace.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process.</exception>
    public static Symbolizer ForProcess(int pid) => ForProcess(pid, SymbolizerSettings.Default);

    /// <summary>Opens what a process has mapped.</summary>
    /// <param name="pid">Process id in the caller's pid namespace.</param>
    /// <param name="settings">Where to look.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process.</exception>
    public static Symbolizer ForProcess(int pid, SymbolizerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new Symbolizer(pid, settings, ProcessModules.Read(pid, settings), new PerfMapSearch(pid));
    }

    /// <summary>Reads the process's maps again: libraries come and go, run-time compilers make code.</summary>
    /// <returns>False when the process has exited; what was known stays.</returns>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process any more.</exception>
    public bool Refresh()
    {
        lock (_gate)
        {
            _known.Clear();
            _knownCode.Clear();

            AskForManagedNames();
            _perfMap.Refresh();
            return _modules.Refresh();
        }
    }

    /// <summary>Names functions. Never fails because of what is in the target's files: that is a <see cref="Frame.Reason"/>.</summary>
    /// <param name="addresses">Addresses of the process.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind) => Symbolize(addresses, kind, SymbolizeOptions.Names);

    /// <inheritdoc/>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind, SymbolizeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var frames = new Frame[addresses.Length];
        lock (_gate)
        {
            FrameCompletion open = new(options);
            int[] order = AddressOrder.Of(addresses);
            foreach (int i in order)
            {
                if (_known.TryGetValue((addresses[i], kind, options.IncludeSources), out Frame? known)) frames[i] = known;
                else open.Add(i, _locator.Locate(addresses[i], kind));
            }

            open.CompleteInto(frames);
            foreach (int i in order) _known.TryAdd((addresses[i], kind, options.IncludeSources), frames[i]);
        }

        return frames;
    }

    /// <summary>Names functions of libraries that were mapped one after the other, each by those that it was one of.</summary>
    /// <param name="addresses">Addresses of the process, each in its own mapping.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<CodeAddress> addresses)
    {
        var frames = new Frame[addresses.Length];
        lock (_gate)
        {
            FrameCompletion open = new(SymbolizeOptions.Names);
            for (int i = 0; i < addresses.Length; i++)
            {
                if (_knownCode.TryGetValue(addresses[i], out Frame? known)) frames[i] = known;
                else open.Add(i, _locator.Locate(addresses[i]));
            }

            open.CompleteInto(frames);
            for (int i = 0; i < addresses.Length; i++) _knownCode.TryAdd(addresses[i], frames[i]);
        }

        return frames;
    }

    /// <summary>Names the function at one address.</summary>
    public Frame Symbolize(ulong address, AddressKind kind) => Symbolize([address], kind)[0];

    /// <summary>
    /// Adds the places in the sources, and the calls that were inlined, to frames that <see cref="Symbolize(ReadOnlySpan{ulong}, AddressKind)"/>
    /// made, whatever has become of the process since. Fetches debug files if the settings say so.
    /// </summary>
    /// <returns>One frame for each, in the same order.</returns>
    public static Frame[] AddSources(IReadOnlyList<Frame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        FrameCompletion open = new(SymbolizeOptions.Sources);
        for (int i = 0; i < frames.Count; i++) open.Add(i, frames[i]);
        var completed = new Frame[frames.Count];
        open.CompleteInto(completed);
        return completed;
    }

    /// <summary>
    /// Waits until a .NET runtime that was asked for names (<see cref="SymbolizerSettings.AskForManagedNames"/>) has told those of the
    /// functions that it has compiled so far, and reads them.
    /// </summary>
    public void WaitForManagedNames()
    {
        if (_managedNames is null) return;
        _managedNames.WaitUntilStarted();
        Refresh();
    }

    // A process that has just begun opens its socket a little later.
    private void AskForManagedNames()
    {
        if (_settings.AskForManagedNames) _managedNames ??= ManagedNames.Start(_pid, _settings.ManagedNamesWitness);
    }

    /// <summary>Closes the files. Sources cannot be added to frames any more.</summary>
    public void Dispose()
    {
        _managedNames?.Dispose();
        _modules.Dispose();
        _perfMap.Dispose();
    }
}

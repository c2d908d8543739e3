using Emleak.Symbols.Process;

namespace Emleak.Symbols;

/// <summary>
/// Names the code of one process. What was seen by <see cref="ForProcess"/> or a later <see cref="Refresh"/> can be named
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
    private readonly Dictionary<(ulong Address, AddressKind Kind, bool WithSources), Frame> _known = [];

    private Symbolizer(ProcessModules modules) => _modules = modules;

    /// <summary>The files that the process has mapped, or had. Do not use while another thread may call <see cref="Refresh"/>.</summary>
    public IReadOnlyList<ProcessModule> Modules => _modules;

    /// <summary>Opens what a process has mapped.</summary>
    /// <param name="pid">Process id in the caller's pid namespace.</param>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process.</exception>
    public static Symbolizer ForProcess(int pid) => new(ProcessModules.Read(pid));

    /// <summary>Reads the process's maps again: libraries come and go.</summary>
    /// <returns>False when the process has exited; what was known stays.</returns>
    /// <exception cref="UnauthorizedAccessException">The caller may not look at the process any more.</exception>
    public bool Refresh()
    {
        lock (_gate)
        {
            _known.Clear();
            return _modules.Refresh();
        }
    }

    /// <summary>Names functions. Never fails because of what is in the target's files: that is a <see cref="Frame.Reason"/>.</summary>
    /// <param name="addresses">Addresses of the process.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind) => Symbolize(addresses, kind, SymbolizeOptions.Names);

    /// <summary>Names functions, and the places in their sources if that is wanted. Never fails because of what is in the target's files.</summary>
    /// <param name="addresses">Addresses of the process.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <param name="options">How much is wanted to be known.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind, SymbolizeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var frames = new Frame[addresses.Length];
        lock (_gate)
        {
            foreach (int i in AddressOrder.Of(addresses))
            {
                (ulong, AddressKind, bool) key = (addresses[i], kind, options.IncludeSources);
                if (!_known.TryGetValue(key, out Frame? frame))
                {
                    frame = Resolve(addresses[i], kind, options);
                    _known.Add(key, frame);
                }

                frames[i] = frame;
            }
        }

        return frames;
    }

    /// <summary>Names the function at one address.</summary>
    public Frame Symbolize(ulong address, AddressKind kind) => Symbolize([address], kind)[0];

    /// <summary>Closes the files.</summary>
    public void Dispose() => _modules.Dispose();

    private Frame Resolve(ulong address, AddressKind kind, SymbolizeOptions options)
    {
        ulong back = kind == AddressKind.Return && address != 0 ? 1u : 0u;
        Frame frame = new() { Address = address, Kind = kind };
        MemoryMapping? mapping = _modules.FindMapping(address - back);
        if (mapping is null) return frame with { Reason = MissingReason.NotMapped };
        if (mapping.IsKernelProvided) return frame with { Reason = MissingReason.KernelProvided, Module = mapping.Path };
        if (_modules.FindModule(mapping) is not { } module) return frame with { Reason = MissingReason.AnonymousCode };

        frame = frame with { Module = module.Path };
        if (module.Problem is { } problem) return frame with { Reason = problem.Reason, Detail = problem.Detail };
        return module.TryGetLinkedAddress(address - back, out ulong linked)
            ? module.Symbols!.Complete(frame with { ModuleAddress = linked + back }, linked, options)
            : frame with { Reason = MissingReason.NotInSegment };
    }
}

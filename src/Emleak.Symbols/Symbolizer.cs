using Emleak.Elf;
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
public sealed class Symbolizer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ProcessModules _modules;
    private readonly Dictionary<(ulong, AddressKind), Frame> _known = [];

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

    /// <summary>Names addresses. Never fails because of what is in the target's files: that is a <see cref="Frame.Reason"/>.</summary>
    /// <param name="addresses">Addresses of the process.</param>
    /// <param name="kind">What they stand for, all of them.</param>
    /// <returns>One frame for each address, in the same order.</returns>
    public Frame[] Symbolize(ReadOnlySpan<ulong> addresses, AddressKind kind)
    {
        var frames = new Frame[addresses.Length];
        lock (_gate)
        {
            for (int i = 0; i < frames.Length; i++)
            {
                if (!_known.TryGetValue((addresses[i], kind), out Frame? frame))
                {
                    frame = Resolve(addresses[i], kind);
                    _known.Add((addresses[i], kind), frame);
                }

                frames[i] = frame;
            }
        }

        return frames;
    }

    /// <summary>Names one address.</summary>
    public Frame Symbolize(ulong address, AddressKind kind) => Symbolize([address], kind)[0];

    /// <summary>Closes the files.</summary>
    public void Dispose() => _modules.Dispose();

    private Frame Resolve(ulong address, AddressKind kind)
    {
        Frame frame = new() { Address = address, Kind = kind };
        ulong back = kind == AddressKind.Return && address != 0 ? 1u : 0u;
        MemoryMapping? mapping = _modules.FindMapping(address - back);
        if (mapping is null) return frame with { Reason = MissingReason.NotMapped };
        if (mapping.IsKernelProvided) return frame with { Module = mapping.Path, Reason = MissingReason.KernelProvided };
        if (_modules.FindModule(mapping) is not { } module) return frame with { Reason = MissingReason.AnonymousCode };

        frame = frame with { Module = module.Path };
        if (module.Problem is { } problem) return frame with { Reason = problem.Reason, Detail = problem.Detail };
        if (!module.TryGetLinkedAddress(address - back, out ulong linked)) return frame with { Reason = MissingReason.NotInSegment };
        return Name(frame with { ModuleAddress = linked + back }, module, linked);
    }

    private static Frame Name(Frame frame, ProcessModule module, ulong linked)
    {
        try
        {
            if (module.Index.TryFind(linked, out string? name, out ulong start))
            {
                return frame with { Function = name, Offset = frame.ModuleAddress - start };
            }
        }
        catch (MalformedDataException problem)
        {
            return frame with { Reason = MissingReason.FileMalformed, Detail = problem.Message };
        }

        if (module.Index.Problem is { } corrupt) return frame with { Reason = MissingReason.FileMalformed, Detail = corrupt };
        return frame with { Reason = module.Index.IsEmpty ? MissingReason.NoSymbols : MissingReason.NoSymbolCovers };
    }
}

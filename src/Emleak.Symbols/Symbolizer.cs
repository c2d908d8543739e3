using Emleak.Elf;
using Emleak.Symbols.Process;
using Emleak.Symbols.Tables;

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
        ulong back = kind == AddressKind.Return && address != 0 ? 1u : 0u;
        MemoryMapping? mapping = _modules.FindMapping(address - back);
        if (mapping is null) return Nameless(MissingReason.NotMapped);
        if (mapping.IsKernelProvided) return Nameless(MissingReason.KernelProvided) with { Module = mapping.Path };
        if (_modules.FindModule(mapping) is not { } module) return Nameless(MissingReason.AnonymousCode);
        if (module.Problem is { } problem) return Nameless(problem.Reason) with { Module = module.Path, Detail = problem.Detail };
        if (!module.TryGetLinkedAddress(address - back, out ulong linked))
        {
            return Nameless(MissingReason.NotInSegment) with { Module = module.Path };
        }

        (string? name, ulong start, MissingReason reason, string? detail) = FindName(module, linked);
        return new Frame
        {
            Address = address,
            Kind = kind,
            Function = name,
            Offset = name is null ? 0 : linked + back - start,
            Module = module.Path,
            ModuleAddress = linked + back,
            Reason = reason,
            Detail = detail,
        };

        Frame Nameless(MissingReason reason) => new() { Address = address, Kind = kind, Reason = reason };
    }

    private static (string? Name, ulong Start, MissingReason Reason, string? Detail) FindName(ProcessModule module, ulong linked)
    {
        SymbolIndex index = module.Index;
        try
        {
            if (index.TryFind(linked, out string? name, out ulong start)) return (name, start, MissingReason.None, null);
        }
        catch (MalformedDataException problem)
        {
            return (null, 0, MissingReason.FileMalformed, problem.Message);
        }

        if (index.Problem is { } corrupt) return (null, 0, MissingReason.FileMalformed, corrupt);
        return (null, 0, index.IsEmpty ? MissingReason.NoSymbols : MissingReason.NoSymbolCovers, null);
    }
}

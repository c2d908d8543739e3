using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Dwarf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols;

/// <summary>
/// Names the code of one file from its own tables, those of its separate debug file, and when sources are wanted and the files at hand
/// have none, those of a debug file that is fetched. Safe for concurrent callers. Does not own the files that it is given.
/// </summary>
internal sealed class ModuleSymbols : IDisposable
{
    private readonly ModuleTables _local;
    private readonly Lazy<ModuleTables> _best;
    private DebugFile? _fetched;

    /// <param name="image">The file.</param>
    /// <param name="location">Where it is; null when it is in no file.</param>
    /// <param name="debugFile">Its debug file, if one is at hand.</param>
    /// <param name="debuginfod">Where to fetch one from; null to fetch none.</param>
    public ModuleSymbols(ElfImage image, FileLocation? location, DebugFile? debugFile, DebuginfodClient? debuginfod = null)
    {
        _local = new ModuleTables(image, location, debugFile);
        _best = new(() => Fetch(image, location, debuginfod));
    }

    /// <summary>The symbol tables at hand.</summary>
    public List<SymbolSource> Sources => _local.Sources;

    /// <summary>Completes a frame.</summary>
    /// <param name="frame">What is known of it: what was asked for, and the place in the module.</param>
    /// <param name="options">What is wanted.</param>
    public Frame Complete(Frame frame, SymbolizeOptions options)
    {
        ModuleTables tables = options.IncludeSources ? _best.Value : _local;
        ulong linked = frame.ModuleAddress - frame.Back;
        FoundName name = FindName(tables.Index, linked);
        return options.IncludeSources ? AddSources(tables, frame, linked, name) : AddName(frame, name);
    }

    public void Dispose()
    {
        if (_best.IsValueCreated) _best.Value.Dispose();
        _local.Dispose();
        _fetched?.Image.Dispose();
    }

    private ModuleTables Fetch(ElfImage image, FileLocation? location, DebuginfodClient? debuginfod)
    {
        if (debuginfod is null || location is null || image.BuildId.IsEmpty || _local.HasInformation) return _local;
        _fetched = DebugFileSearch.Fetch(image, location.Files, debuginfod);
        return _fetched is null ? _local : new ModuleTables(image, location, _fetched);
    }

    /// <summary>Without debug information, the symbol table may still tell the file.</summary>
    private static string? FindFile(SymbolIndex index, ulong linked)
    {
        try
        {
            return index.FindFile(linked);
        }
        catch (MalformedDataException)
        {
            // The function's own name is sound, and that is what counts.
            return null;
        }
    }

    private static Frame AddName(Frame frame, FoundName name) => frame with
    {
        Function = name.Function,
        Offset = name.Function is null ? 0 : frame.ModuleAddress - name.Start,
        Reason = name.Reason,
        Detail = name.Detail,
    };

    private static Frame AddSources(ModuleTables tables, Frame frame, ulong linked, FoundName name)
    {
        (DebugInformation? information, string? problem) = tables.Information;
        SourceFrames found = new();
        information?.Find(linked, found);
        problem = information is null ? problem : information.Problem;
        InlinedFrame? function = found.Count == 0 ? null : found.Function;
        if (name.Function is null && function?.Function is not null) name = new FoundName(function.Function, found.Start);
        return frame with
        {
            Function = name.Function,
            Offset = name.Function is null ? 0 : frame.ModuleAddress - name.Start,
            Reason = name.Reason,
            Detail = name.Detail,
            File = function?.File ?? (name.Function is null ? null : FindFile(tables.Index, linked)),
            Line = function?.Line ?? 0,
            Column = function?.Column ?? 0,
            Inlined = found.Inlined,
            SourceProblem = problem,
        };
    }

    private static FoundName FindName(SymbolIndex index, ulong linked)
    {
        try
        {
            if (index.TryFind(linked, out string? name, out ulong start)) return new FoundName(name, start);
        }
        catch (MalformedDataException problem)
        {
            return new FoundName(null, 0, MissingReason.FileMalformed, problem.Message);
        }

        if (index.Problem is { } corrupt) return new FoundName(null, 0, MissingReason.FileMalformed, corrupt);
        return new FoundName(null, 0, index.IsEmpty ? MissingReason.NoSymbols : MissingReason.NoSymbolCovers);
    }

    /// <summary>What the symbol tables say.</summary>
    private readonly record struct FoundName(string? Function, ulong Start, MissingReason Reason = MissingReason.None, string? Detail = null);
}

using System.Diagnostics.CodeAnalysis;
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
        frame = TryFindName(tables.Index, linked, out string? name, out ulong start, out MissingReason reason, out string? detail)
            ? frame with { Function = name, Offset = frame.ModuleAddress - start, Reason = MissingReason.None, Detail = null }
            : frame with { Reason = reason, Detail = detail };
        if (!options.IncludeSources) return frame;
        frame = AddSources(tables, frame, linked);
        return frame.File is null && frame.Function is not null ? frame with { File = FindFile(tables.Index, linked) } : frame;
    }

    public void Dispose()
    {
        if (_best.IsValueCreated) _best.Value.Dispose();
        _local.Dispose();
        _fetched?.Image.Dispose();
    }

    private ModuleTables Fetch(ElfImage image, FileLocation? location, DebuginfodClient? debuginfod)
    {
        if (debuginfod is null || image.BuildId.IsEmpty || _local.HasInformation) return _local;
        _fetched = DebugFileSearch.Fetch(image, debuginfod);
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

    private static Frame AddSources(ModuleTables tables, Frame frame, ulong linked)
    {
        (DebugInformation? information, string? problem) = tables.Information;
        if (information is null) return frame with { SourceProblem = problem };
        SourceFrames found = new();
        information.Find(linked, found);
        if (found.Count == 0) return frame with { SourceProblem = information.Problem };

        InlinedFrame function = found.Function;
        frame = frame with
        {
            File = function.File,
            Line = function.Line,
            Column = function.Column,
            Inlined = found.Inlined,
            SourceProblem = information.Problem,
        };
        if (frame.Function is not null || function.Function is null) return frame;
        return frame with
        {
            Function = function.Function,
            Offset = frame.ModuleAddress - found.Start,
            Reason = MissingReason.None,
            Detail = null,
        };
    }

    private static bool TryFindName(
        SymbolIndex index, ulong linked, [NotNullWhen(true)] out string? name, out ulong start, out MissingReason reason, out string? detail)
    {
        (reason, detail) = (MissingReason.None, null);
        try
        {
            if (index.TryFind(linked, out name, out start)) return true;
        }
        catch (MalformedDataException problem)
        {
            (name, start, reason, detail) = (null, 0, MissingReason.FileMalformed, problem.Message);
            return false;
        }

        if (index.Problem is { } corrupt) (reason, detail) = (MissingReason.FileMalformed, corrupt);
        else reason = index.IsEmpty ? MissingReason.NoSymbols : MissingReason.NoSymbolCovers;
        return false;
    }
}

using System.Diagnostics.CodeAnalysis;
using Emleak.Elf;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Dwarf;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols;

/// <summary>
/// Names the code of one file from its own tables and those of its separate debug file. Tables are read when first needed.
/// Safe for concurrent callers. Does not own the files.
/// </summary>
internal sealed class ModuleSymbols
{
    private readonly ElfImage _image;
    private readonly DebugFile? _debugFile;
    private readonly Lazy<SymbolIndex> _index;
    private readonly Lazy<(DebugInformation? Found, string? Problem)> _information;

    public ModuleSymbols(ElfImage image, DebugFile? debugFile)
    {
        _image = image;
        _debugFile = debugFile;
        Sources = [new(image, SymbolTableKind.Full), new(image, SymbolTableKind.Dynamic)];
        if (debugFile is not null) Sources.Add(new SymbolSource(debugFile.Image, SymbolTableKind.DebugFile));
        _index = new(() => SymbolIndex.Build(Sources));
        _information = new(ReadInformation);
    }

    /// <summary>The symbol tables.</summary>
    public List<SymbolSource> Sources { get; }

    /// <summary>Completes a frame.</summary>
    /// <param name="frame">What is known of it: what was asked for, and the place in the module.</param>
    /// <param name="linked">The address to look up, as linked: for a return address, that of the call before it.</param>
    /// <param name="options">What is wanted.</param>
    public Frame Complete(Frame frame, ulong linked, SymbolizeOptions options)
    {
        frame = TryFindName(linked, out string? name, out ulong start, out MissingReason reason, out string? detail)
            ? frame with { Function = name, Offset = frame.ModuleAddress - start }
            : frame with { Reason = reason, Detail = detail };
        if (!options.IncludeSources) return frame;
        frame = AddSources(frame, linked);
        return frame.File is null && frame.Function is not null ? frame with { File = FindFile(linked) } : frame;
    }

    /// <summary>Without debug information, the symbol table may still tell the file.</summary>
    private string? FindFile(ulong linked)
    {
        try
        {
            return _index.Value.FindFile(linked);
        }
        catch (MalformedDataException)
        {
            // The function's own name is sound, and that is what counts.
            return null;
        }
    }

    private Frame AddSources(Frame frame, ulong linked)
    {
        (DebugInformation? information, string? problem) = _information.Value;
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

    private bool TryFindName(
        ulong linked, [NotNullWhen(true)] out string? name, out ulong start, out MissingReason reason, out string? detail)
    {
        SymbolIndex index = _index.Value;
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

    private (DebugInformation? Found, string? Problem) ReadInformation()
    {
        ElfImage? file = DwarfSections.Exist(_image) ? _image : _debugFile?.Image;
        try
        {
            return file is not null && DwarfSections.Exist(file) ? (new DebugInformation(file), null) : (null, null);
        }
        catch (MalformedDataException problem)
        {
            return (null, problem.Message);
        }
    }
}

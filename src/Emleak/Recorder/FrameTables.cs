using Emleak.Recordings.Model;
using Emleak.Recordings.Reports;
using Emleak.Symbols;
using Emleak.Symbols.Demangling;
using Emleak.Symbols.Process;
using Frame = Emleak.Recordings.Model.Frame;

namespace Emleak.Recorder;

/// <summary>The symbolizer's frames as a recording's: modules and functions by index. Names of strangers are kept as they are, but not whatever their length.</summary>
/// <param name="recording">Where to.</param>
internal sealed class FrameTables(RecordingBuilder recording)
{
    // Of what was inlined at one address. Readers limit it, too.
    private const int MostInlined = 1000;

    private readonly Dictionary<string, int> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(ProcessModule? File, int Index)>> _modules = new(StringComparer.Ordinal);
    // The symbolizer gives one frame for an address to many stacks.
    private readonly Dictionary<Symbols.Frame, int> _known = new(ReferenceEqualityComparer.Instance);
    private int _seen;

    /// <summary>Takes in files that the process has mapped since the last time.</summary>
    /// <returns>Their paths.</returns>
    public IReadOnlyList<string> AddModules(IReadOnlyList<ProcessModule> modules)
    {
        List<string> added = [];
        for (; _seen < modules.Count; _seen++)
        {
            ProcessModule file = modules[_seen];
            int index = recording.AddModule(new Module
            {
                Path = file.Path,
                BuildId = file.BuildId.IsEmpty ? null : Convert.ToHexStringLower(file.BuildId.AsSpan()),
                Ranges = [.. file.Mappings.Select(mapping => new LoadRange(mapping.Start, mapping.End, mapping.FileOffset))],
            });
            ModulesOf(file.Path).Add((file, index));
            added.Add(file.Path);
        }

        return added;
    }

    /// <summary>The index of a frame, which is added to the recording with all that it refers to.</summary>
    public int IndexOf(Symbols.Frame frame)
    {
        if (!_known.TryGetValue(frame, out int index)) _known.Add(frame, index = recording.AddFrame(Complete(frame)));
        return index;
    }

    /// <summary>The frame. Its module and functions are added to the recording.</summary>
    public Frame Complete(Symbols.Frame frame) => new()
    {
        Address = frame.Address,
        IsExact = frame.Kind == AddressKind.Exact,
        Module = frame.Module is null ? -1 : ModuleOf(frame.Module, frame.Address),
        ModuleAddress = frame.ModuleAddress,
        Function = FunctionOf(frame.Function),
        FunctionOffset = frame.Offset,
        File = FileOf(frame.File),
        Line = frame.Line,
        Column = frame.Column,
        Inlined = [.. frame.Inlined.Take(MostInlined).Select(call => new InlinedCall(FunctionOf(call.Function), FileOf(call.File), call.Line, call.Column))],
        Reason = (MissingName)frame.Reason,
    };

    private static string? FileOf(string? path) => path is null ? null : CleanText.Bounded(path);

    private int FunctionOf(string? name)
    {
        if (name is null) return -1;
        if (_functions.TryGetValue(name, out int known)) return known;
        return _functions[name] = recording.AddFunction(new Function(CleanText.Bounded(name), Readable(name, DemangleStyle.Full), Readable(name, DemangleStyle.Short)));
    }

    private static string? Readable(string name, DemangleStyle style) => Demangler.Demangle(name, style) is string readable ? CleanText.Bounded(readable) : null;

    private List<(ProcessModule? File, int Index)> ModulesOf(string path)
    {
        if (!_modules.TryGetValue(path, out List<(ProcessModule? File, int Index)>? files)) _modules.Add(path, files = []);
        return files;
    }

    // A file may have been replaced by another one of the same path.
    private int ModuleOf(string path, ulong address)
    {
        List<(ProcessModule? File, int Index)> files = ModulesOf(path);
        if (files.Count == 0) files.Add((null, recording.AddModule(new Module { Path = path })));
        int there = files.Count == 1 ? 0 : files.FindLastIndex(file => file.File?.TryGetFileOffset(address, out _) == true);
        return files[Math.Max(there, 0)].Index;
    }
}

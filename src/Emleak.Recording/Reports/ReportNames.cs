using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports;

/// <summary>
/// The names of a recording as one field of one line. They come from the traced program's files: they are cleaned (<see cref="CleanText"/>).
/// </summary>
internal sealed class ReportNames
{
    private readonly Recording _recording;
    private readonly NameStyle _style;
    private readonly string?[] _functions;
    private readonly string?[] _modules;

    /// <param name="recording">Whose names.</param>
    /// <param name="ownStyle">The report's style, where the user has asked for none.</param>
    public ReportNames(Recording recording, NameStyle ownStyle)
    {
        _recording = recording;
        _style = recording.Header.Names ?? ownStyle;
        _functions = new string?[recording.Functions.Count];
        _modules = new string?[recording.Modules.Count];
    }

    /// <summary>A function's name.</summary>
    /// <param name="index">Its index; negative when it is not known.</param>
    public string OfFunction(int index) => index < 0 ? ReportText.Unknown : _functions[index] ??= CleanText.FieldOf(_recording.Functions[index].NameIn(_style));

    /// <summary>The function; <c>[library]</c> when only the module is known; <see cref="ReportText.Unknown"/> when nothing is.</summary>
    public string Of(Frame frame)
    {
        if (frame.Function >= 0) return OfFunction(frame.Function);
        return frame.Module < 0 ? ReportText.Unknown : _modules[frame.Module] ??= ReportText.PlaceOf(_recording.Modules[frame.Module].Path);
    }

    /// <summary>What stands in place of a stack's frames or outside of them: remarks, innermost first.</summary>
    public IEnumerable<string> RemarksOf(CallStack stack)
    {
        if (stack.Remark == StackRemark.TableFull) yield return "[STACK TABLE FULL]";
        if (_recording.Header.Filter.Selects) yield return $"[{_recording.Header.Filter}]";
    }
}

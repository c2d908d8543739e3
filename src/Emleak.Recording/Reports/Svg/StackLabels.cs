using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Svg;

/// <summary>A stack in a few words.</summary>
internal sealed class StackLabels(Recording recording)
{
    private readonly ReportNames _names = new(recording, NameStyle.Short);

    /// <summary>The innermost function and the stack's id, which alone says little.</summary>
    public string Of(CallStack stack)
    {
        string name = recording.FramesOf(stack) is [Frame innermost, ..]
            ? innermost.Inlined is [InlinedCall call, ..] ? _names.OfFunction(call.Function) : _names.Of(innermost)
            : _names.RemarksOf(stack).FirstOrDefault(ReportText.Unknown);
        return string.Create(CultureInfo.InvariantCulture, $"{name} (id {stack.Id})");
    }
}

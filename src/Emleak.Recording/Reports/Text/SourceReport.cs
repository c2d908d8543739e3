using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>
/// out.sources: every stack with all that is known of its frames, the one that holds most first. A line for each function, innermost first:
/// <c>function+0x1c at file:line:column in module</c>. Calls that were inlined have lines of their own, before the function that has their code.
/// </summary>
public sealed class SourceReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "sources";

    /// <inheritdoc/>
    public string FileName => "out.sources";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text =>
    {
        ReportNames names = new(recording, NameStyle.Full);
        foreach (LiveStack stack in LiveStacks.AtEnd(recording).Reverse())
        {
            text.Write($"{stack.Bytes} bytes in {stack.Blocks} blocks at callstack id {stack.Stack.Id}:\n");
            foreach (Frame frame in recording.FramesOf(stack.Stack)) WriteFrame(text, recording, frame, names);
            foreach (string remark in names.RemarksOf(stack.Stack)) text.Write($"\t{remark}+0x0\n");
        }
    });

    private static void WriteFrame(TextWriter text, Recording recording, Frame frame, ReportNames names)
    {
        foreach (InlinedCall call in frame.Inlined)
        {
            text.Write('\t');
            text.Write(names.OfFunction(call.Function));
            ReportText.WritePlace(text, call.File, call.Line, call.Column);
            text.Write(" (inlined)\n");
        }

        text.Write('\t');
        text.Write(names.Of(frame));
        ReportText.WriteOffset(text, frame.Offset);
        ReportText.WritePlace(text, frame.File, frame.Line, frame.Column);
        if (frame is { Function: >= 0, Module: >= 0 }) text.Write($" in {CleanText.Of(recording.Modules[frame.Module].Path)}");
        text.Write('\n');
    }
}

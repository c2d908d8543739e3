using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>mleakstacks.txt: every stack that holds something, with its frames, as the original writes them.</summary>
public sealed class StackReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "text";

    /// <inheritdoc/>
    public string FileName => "mleakstacks.txt";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text =>
    {
        ReportNames names = new(recording, NameStyle.Mangled);
        foreach (LiveStack stack in LiveStacks.AtEnd(recording))
        {
            // The blank after the colon is the original's.
            text.Write($"{stack.Bytes} bytes allocated at callstack id {stack.Stack.Id}: \n");
            foreach (Frame frame in recording.FramesOf(stack.Stack)) WriteLine(text, names.Of(frame), frame.Offset);
            foreach (string remark in names.RemarksOf(stack.Stack)) WriteLine(text, remark, 0);
        }
    });

    private static void WriteLine(TextWriter text, string name, ulong offset)
    {
        text.Write('\t');
        text.Write(name);
        ReportText.WriteOffset(text, offset);
        text.Write(";\n");
    }
}

using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>The original's way of writing a stack with its frames: in mleakstacks.txt, of all that hold something, and while a trace goes on.</summary>
public sealed class StackReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "text";

    /// <inheritdoc/>
    public string FileName => "mleakstacks.txt";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text => Write(text, recording, LiveStacks.AtEnd(recording)));

    /// <summary>Writes the largest stacks, and before them how many others there are.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="recording">What the stacks belong to.</param>
    /// <param name="live">Stacks, ascending by bytes.</param>
    /// <param name="most">How many to write.</param>
    public static void Write(TextWriter text, Recording recording, IReadOnlyList<LiveStack> live, int most = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(recording);
        ArgumentNullException.ThrowIfNull(live);
        int others = Math.Max(0, live.Count - most);
        long bytes = live.Take(others).Sum(stack => stack.Bytes);
        if (others > 0) text.Write(string.Create(CultureInfo.InvariantCulture, $"{others} smaller stacks with {bytes} bytes are left out here (--all shows them)\n"));
        ReportNames names = new(recording, NameStyle.Mangled);
        foreach (LiveStack stack in live.Skip(others))
        {
            // The blank after the colon is the original's.
            text.Write(string.Create(CultureInfo.InvariantCulture, $"{stack.Bytes} bytes allocated at callstack id {stack.Stack.Id}: \n"));
            foreach (Frame frame in recording.FramesOf(stack.Stack)) WriteLine(text, names.Of(frame), frame.Offset);
            foreach (string remark in names.RemarksOf(stack.Stack)) WriteLine(text, remark, 0);
        }
    }

    private static void WriteLine(TextWriter text, string name, ulong offset)
    {
        text.Write('\t');
        text.Write(name);
        ReportText.WriteOffset(text, offset);
        text.Write(";\n");
    }
}

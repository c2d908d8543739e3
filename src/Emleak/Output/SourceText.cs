using System.Globalization;
using Emleak.Analysis;
using Emleak.Symbols;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>
/// out.sources: every stack with all that is known of its frames, the one that holds most first. A line for each function, innermost first:
/// <c>function+0x1c at file:line:column in module</c>. Calls that were inlined have lines of their own, before the function that has their code.
/// </summary>
internal static class SourceText
{
    public static string Of(Snapshot snapshot, StackTable stacks, FrameNames names)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        foreach (OutstandingStack stack in snapshot.Stacks.Reverse())
        {
            text.WriteLine($"{stack.Bytes} bytes in {stack.Count} blocks at callstack id {stack.Id}:");
            foreach (Frame frame in stacks[stack.Id].Frames) Write(text, frame, names);
        }

        return text.ToString();
    }

    private static void Write(StringWriter text, Frame frame, FrameNames names)
    {
        foreach (InlinedFrame call in frame.Inlined)
        {
            text.Write($"\t{names.Of(call.Function)}");
            PlaceText.Write(text, call.File, call.Line, call.Column);
            text.WriteLine(" (inlined)");
        }

        text.Write($"\t{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x}");
        PlaceText.Write(text, frame.File, frame.Line, frame.Column);
        if (frame is { Function: not null, Module: { } module }) text.Write($" in {FrameNames.Clean(module)}");
        text.WriteLine();
    }
}

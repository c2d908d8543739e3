using System.Globalization;
using Emleak.Analysis;
using Emleak.Reporting;
using Emleak.Symbols;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>
/// out.sources: every stack with all that is known of its frames, the one that holds most first. A line for each function, innermost first:
/// <c>function+0x1c at file:line:column in module</c>. Calls that were inlined have lines of their own, before the function that has their code.
/// </summary>
internal static class SourceText
{
    public static void Write(TextWriter output, Snapshot snapshot, IReadOnlyDictionary<int, NamedStack> paths, FrameNames names)
    {
        foreach (OutstandingStack stack in snapshot.Stacks.Reverse())
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{stack.Bytes} bytes in {stack.Count} blocks at callstack id {stack.Id}:\n"));
            foreach (Frame frame in paths[stack.Id].Frames) Write(output, frame, names);
        }
    }

    private static void Write(TextWriter output, Frame frame, FrameNames names)
    {
        foreach (InlinedFrame call in frame.Inlined)
        {
            output.Write($"\t{names.Of(call.Function)}");
            PlaceText.Write(output, call.File, call.Line, call.Column);
            output.Write(" (inlined)\n");
        }

        output.Write(string.Create(CultureInfo.InvariantCulture, $"\t{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x}"));
        PlaceText.Write(output, frame.File, frame.Line, frame.Column);
        if (frame is { Function: not null, Module: { } module }) output.Write($" in {CleanText.Of(module)}");
        output.Write('\n');
    }
}

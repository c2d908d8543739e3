using System.Globalization;
using System.Text;
using Emleak.Analysis;
using Emleak.Symbols;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>out.stacks: "outermost;...;innermost bytes", the folded lines that flame-graph programs read.</summary>
internal static class FoldedText
{
    // Flame-graph programs know it.
    private const string InlinedMark = "_[i]";

    public static string Of(Snapshot snapshot, StackTable stacks, FrameNames names)
    {
        // Stacks that differ only in offsets are one path here.
        SortedDictionary<string, long> paths = new(StringComparer.Ordinal);
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            string path = PathOf(stacks[stack.Id], names);
            paths[path] = paths.GetValueOrDefault(path) + stack.Bytes;
        }

        StringBuilder text = new();
        foreach ((string path, long bytes) in paths)
        {
            text.Append(CultureInfo.InvariantCulture, $"{path} {bytes}\n");
        }

        return text.ToString();
    }

    private static string PathOf(NamedStack stack, FrameNames names)
    {
        List<string> path = [];
        foreach (Frame frame in stack.Frames)
        {
            foreach (InlinedFrame call in frame.Inlined) path.Add(names.Of(call.Function) + InlinedMark);
            path.Add(NameOf(frame, names));
        }

        path.Reverse();
        return string.Join(';', path);
    }

    // Functions are one however they were reached; what has no name is told apart by its place.
    private static string NameOf(Frame frame, FrameNames names) => frame.Function is not null
        ? names.Of(frame)
        : string.Create(CultureInfo.InvariantCulture, $"{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x}");
}

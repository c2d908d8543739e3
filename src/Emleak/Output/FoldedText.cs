using System.Globalization;
using Emleak.Analysis;
using Emleak.Symbols;
using Emleak.Tracing;
using Emleak.Tracing.Records;

namespace Emleak.Output;

/// <summary>out.stacks: "outermost;...;innermost bytes", the folded lines that flame-graph programs read.</summary>
internal static class FoldedText
{
    // Flame-graph programs know it.
    private const string InlinedMark = "_[i]";

    public static void Write(TextWriter output, Snapshot snapshot, IReadOnlyDictionary<int, NamedStack> paths, FrameNames names)
    {
        // Stacks that differ only in offsets are one path here. A path is kept as its names: texts of all of them could fill the memory.
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        SortedDictionary<string[], long> bytesOf = new(PathOrder.Instance);
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            string[] path = PathOf(paths[stack.Id], snapshot.Selection.Selects, names, known);
            bytesOf[path] = bytesOf.GetValueOrDefault(path) + stack.Bytes;
        }

        foreach ((string[] path, long bytes) in bytesOf)
        {
            for (int i = 0; i < path.Length; i++)
            {
                if (i > 0) output.Write(';');
                output.Write(path[i]);
            }

            output.Write(string.Create(CultureInfo.InvariantCulture, $" {bytes}\n"));
        }
    }

    // A remark is the outermost of the frames; inside it, a stack that does not reach the start of its thread is marked.
    private static string[] PathOf(NamedStack stack, bool hasRemark, FrameNames names, Dictionary<string, string> known)
    {
        List<string> path = [];
        foreach (Frame frame in stack.Frames)
        {
            foreach (InlinedFrame call in frame.Inlined) path.Add(Same(names.Of(call.Function) + InlinedMark));
            path.Add(Same(NameOf(frame, names)));
        }

        if (MarkOf(stack) is string mark) path.Insert(path.Count - (hasRemark ? 1 : 0), mark);
        path.Reverse();
        return [.. path];

        string Same(string name) => known.TryGetValue(name, out string? first) ? first : known[name] = name;
    }

    private static string? MarkOf(NamedStack stack) => stack.Ending switch
    {
        StackEnding.Truncated => "[truncated]",
        StackEnding.Lost when !stack.IsPlaceholder => "[lost]",
        _ => null,
    };

    // Functions are one however they were reached; what has no name is told apart by its place.
    private static string NameOf(Frame frame, FrameNames names) => frame.Function is not null
        ? names.Of(frame)
        : string.Create(CultureInfo.InvariantCulture, $"{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x}");

    /// <summary>The order of the lines' texts, which is that of the names with semicolons between them.</summary>
    private sealed class PathOrder : IComparer<string[]>
    {
        public static PathOrder Instance { get; } = new();

        public int Compare(string[]? left, string[]? right)
        {
            int common = Math.Min(left!.Length, right!.Length);
            int same = 0;
            while (same < common && left[same] == right[same]) same++;
            if (same == common) return left.Length.CompareTo(right.Length);
            string first = EndOf(left, same), second = EndOf(right, same);
            return string.CompareOrdinal(first, second);
        }

        // Names have no semicolons, so a difference shows in this name or in what ends it.
        private static string EndOf(string[] path, int index) => index + 1 < path.Length ? path[index] + ';' : path[index];
    }
}

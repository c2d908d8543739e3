using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>out.stacks: "outermost;...;innermost bytes", the folded lines that flame-graph programs read, by name.</summary>
public sealed class FoldedReport : IReportWriter
{
    // Flame-graph programs know it.
    private const string InlinedMark = "_[i]";

    /// <inheritdoc/>
    public string Name => "folded";

    /// <inheritdoc/>
    public string FileName => "out.stacks";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text =>
    {
        // Stacks that differ only in offsets are one path here. A tree of names takes memory for each name once, however long the lines are.
        ReportNames names = new(recording, NameStyle.Full);
        PathNode root = new();
        foreach (LiveStack stack in LiveStacks.AtEnd(recording))
        {
            PathNode node = root;
            foreach (string label in PathOf(recording, stack.Stack, names)) node = node.Below(label);
            node.Add(stack.Bytes);
        }

        WriteTree(text, root);
    });

    // Outermost first.
    private static List<string> PathOf(Recording recording, CallStack stack, ReportNames names)
    {
        List<string> path = [];
        foreach (Frame frame in recording.FramesOf(stack))
        {
            foreach (InlinedCall call in frame.Inlined) path.Add(names.OfFunction(call.Function) + InlinedMark);
            path.Add(LabelOf(frame, names));
        }

        path.AddRange(names.RemarksOf(stack));
        path.Reverse();
        return path;
    }

    // Functions are one however they were reached; what has no name is told apart by its address.
    private static string LabelOf(Frame frame, ReportNames names) => frame.Function >= 0
        ? names.OfFunction(frame.Function)
        : string.Create(CultureInfo.InvariantCulture, $"{names.Of(frame)}+0x{frame.Offset:x}");

    // In the order of the lines without their numbers. A path that ends at a node comes before those that go on, but others may come in between: "a", "a b", "a;c".
    private static void WriteTree(TextWriter text, PathNode root)
    {
        List<string> path = [];
        Stack<(PathNode Node, string Label, int Depth, bool Goes)> left = new();
        Push(left, root, 0);
        // A stack without frames.
        if (root.HasBytes) text.Write($" {root.Bytes}\n");
        while (left.TryPop(out (PathNode Node, string Label, int Depth, bool Goes) next))
        {
            path.RemoveRange(next.Depth, path.Count - next.Depth);
            path.Add(next.Label);
            if (next.Goes)
            {
                Push(left, next.Node, next.Depth + 1);
                continue;
            }

            for (int i = 0; i < path.Count; i++)
            {
                if (i > 0) text.Write(';');
                text.Write(path[i]);
            }

            text.Write($" {next.Node.Bytes}\n");
        }
    }

    private static void Push(Stack<(PathNode Node, string Label, int Depth, bool Goes)> left, PathNode parent, int depth)
    {
        List<(string Key, string Label, PathNode Node, bool Goes)> entries = [];
        foreach ((string label, PathNode node) in parent.Children)
        {
            if (node.HasBytes) entries.Add((label, label, node, false));
            if (node.Children.Count > 0) entries.Add((label + ";", label, node, true));
        }

        foreach ((_, string label, PathNode node, bool goes) in entries.OrderByDescending(entry => entry.Key, StringComparer.Ordinal)) left.Push((node, label, depth, goes));
    }

    private sealed class PathNode
    {
        public SortedDictionary<string, PathNode> Children { get; } = new(StringComparer.Ordinal);

        public bool HasBytes { get; private set; }

        public long Bytes { get; private set; }

        public PathNode Below(string label)
        {
            if (!Children.TryGetValue(label, out PathNode? node)) Children.Add(label, node = new PathNode());
            return node;
        }

        public void Add(long bytes)
        {
            HasBytes = true;
            Bytes += bytes;
        }
    }
}

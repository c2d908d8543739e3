using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>out.stacks: "outermost;...;innermost bytes", the folded lines that flame-graph programs read, by name.</summary>
public sealed class FoldedReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "folded";

    /// <inheritdoc/>
    public string FileName => "out.stacks";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text => WriteTree(text, PathTree.Of(recording)));

    // In the order of the lines without their numbers. A path that ends at a node comes before those that go on, but others may come in between: "a", "a b", "a;c".
    private static void WriteTree(TextWriter text, PathTree root)
    {
        List<string> path = [];
        Stack<Entry> left = new();
        Push(left, root, 0);
        // A stack without frames.
        if (root.IsEnd) text.Write($" {root.Own}\n");
        while (left.TryPop(out Entry? next))
        {
            path.RemoveRange(next.Depth, path.Count - next.Depth);
            path.Add(next.Label);
            if (next.GoesOn)
            {
                Push(left, next.Node, next.Depth + 1);
                continue;
            }

            for (int i = 0; i < path.Count; i++)
            {
                if (i > 0) text.Write(';');
                text.Write(path[i]);
            }

            text.Write($" {next.Node.Own}\n");
        }
    }

    private static void Push(Stack<Entry> left, PathTree parent, int depth)
    {
        List<Entry> entries = [];
        foreach ((string label, PathTree node) in parent.Children)
        {
            if (node.IsEnd) entries.Add(new Entry(label, node, depth, GoesOn: false));
            if (node.Children.Count > 0) entries.Add(new Entry(label, node, depth, GoesOn: true));
        }

        foreach (Entry entry in entries.OrderByDescending(entry => entry.GoesOn ? entry.Label + ";" : entry.Label, StringComparer.Ordinal)) left.Push(entry);
    }

    private sealed record Entry(string Label, PathTree Node, int Depth, bool GoesOn);
}

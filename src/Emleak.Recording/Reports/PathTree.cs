using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports;

/// <summary>Live bytes by the names of the calls, outermost first: stacks that differ only in offsets are one path. Takes memory for each name once, however long the paths are.</summary>
internal sealed class PathTree
{
    // Flame-graph programs know it.
    private const string InlinedMark = "_[i]";

    private readonly Dictionary<string, PathTree> _children = new(StringComparer.Ordinal);

    /// <summary>The calls from here.</summary>
    public IReadOnlyDictionary<string, PathTree> Children => _children;

    /// <summary>True when a path ends here.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>What the paths that end here hold, in bytes.</summary>
    public long Own { get; private set; }

    /// <summary>What the paths that come through here hold, in bytes.</summary>
    public long Total { get; private set; }

    /// <summary>The tree of what is live at the end.</summary>
    public static PathTree Of(Recording recording)
    {
        ReportNames names = new(recording, NameStyle.Full);
        PathTree root = new();
        foreach (LiveStack stack in LiveStacks.AtEnd(recording))
        {
            PathTree node = root;
            node.Total += stack.Bytes;
            foreach (string label in PathOf(recording, stack.Stack, names))
            {
                if (!node._children.TryGetValue(label, out PathTree? next)) node._children.Add(label, next = new PathTree());
                node = next;
                node.Total += stack.Bytes;
            }

            node.IsEnd = true;
            node.Own += stack.Bytes;
        }

        return root;
    }

    private static List<string> PathOf(Recording recording, CallStack stack, ReportNames names)
    {
        List<string> path = [];
        foreach (Frame frame in recording.FramesOf(stack))
        {
            foreach (InlinedCall call in frame.Inlined) path.Add(names.OfFunction(call.Function) + InlinedMark);
            path.Add(LabelOf(frame, names));
        }

        // Inside a remark, a stack that does not reach the start of its thread is marked.
        if (MarkOf(stack) is string mark) path.Add(mark);
        path.AddRange(names.RemarksOf(stack));
        path.Reverse();
        return path;
    }

    private static string? MarkOf(CallStack stack) => stack switch
    {
        { Remark: StackRemark.TableFull } => null,
        { Ending: StackEnding.Truncated } => "[truncated]",
        { Ending: StackEnding.Lost } => "[lost]",
        _ => null,
    };

    // Functions are one however they were reached; what has no name is told apart by its address.
    private static string LabelOf(Frame frame, ReportNames names) => frame.Function >= 0
        ? names.OfFunction(frame.Function)
        : string.Create(CultureInfo.InvariantCulture, $"{names.Of(frame)}+0x{frame.Offset:x}");
}

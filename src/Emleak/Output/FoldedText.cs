using System.Globalization;
using System.Text;
using Emleak.Analysis;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>out.stacks: "outermost;...;innermost bytes", the folded lines that flame-graph programs read.</summary>
internal static class FoldedText
{
    public static string Of(Snapshot snapshot, StackTable stacks)
    {
        // Stacks that differ only in offsets are one path here.
        SortedDictionary<string, long> paths = new(StringComparer.Ordinal);
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            string path = PathOf(stacks[stack.Id]);
            paths[path] = paths.GetValueOrDefault(path) + stack.Bytes;
        }

        StringBuilder text = new();
        foreach ((string path, long bytes) in paths)
        {
            text.Append(CultureInfo.InvariantCulture, $"{path} {bytes}\n");
        }

        return text.ToString();
    }

    // A semicolon inside a name would cut it in two.
    private static string PathOf(NamedStack stack) =>
        string.Join(';', stack.Frames.Reverse().Select(frame => frame.Name.Replace(';', ',')));
}

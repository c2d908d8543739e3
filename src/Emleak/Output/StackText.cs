using System.Globalization;
using Emleak.Analysis;
using Emleak.Symbols;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>The original's way of writing a stack: in mleakstacks.txt, and on standard output at each interval.</summary>
internal static class StackText
{
    /// <summary>Writes the snapshot's largest stacks, in its order, and before them how many others there are.</summary>
    public static void Write(TextWriter output, Snapshot snapshot, int most, IReadOnlyDictionary<int, NamedStack> paths, FrameNames names)
    {
        int others = Math.Max(0, snapshot.Stacks.Count - most);
        long bytes = snapshot.Stacks.Take(others).Sum(stack => stack.Bytes);
        if (others > 0) output.Write(string.Create(CultureInfo.InvariantCulture, $"{others} smaller stacks with {bytes} bytes are left out here (--all shows them)\n"));
        Write(output, snapshot.Stacks.Skip(others), paths, names);
    }

    private static void Write(TextWriter output, IEnumerable<OutstandingStack> stacks, IReadOnlyDictionary<int, NamedStack> paths, FrameNames names)
    {
        foreach (OutstandingStack stack in stacks)
        {
            // The blank after the colon is the original's.
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{stack.Bytes} bytes allocated at callstack id {stack.Id}: \n"));
            foreach (Frame frame in paths[stack.Id].Frames)
                output.Write(string.Create(CultureInfo.InvariantCulture, $"\t{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x};\n"));
        }
    }
}

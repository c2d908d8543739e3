using System.Globalization;
using System.Text;
using Emleak.Analysis;
using Emleak.Symbols;
using Emleak.Tracing;

namespace Emleak.Output;

/// <summary>The original's way of writing a stack: in mleakstacks.txt, and on standard output at each interval.</summary>
internal static class StackText
{
    /// <summary>Appends the snapshot's stacks, in its order.</summary>
    public static void Append(StringBuilder text, Snapshot snapshot, StackTable stacks, FrameNames names)
    {
        foreach (OutstandingStack stack in snapshot.Stacks)
        {
            // The blank after the colon is the original's.
            text.Append(CultureInfo.InvariantCulture, $"{stack.Bytes} bytes allocated at callstack id {stack.Id}: \n");
            foreach (Frame frame in stacks[stack.Id].Frames)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t{names.Of(frame)}+0x{FrameNames.OffsetOf(frame):x};\n");
            }
        }
    }

    public static string Of(Snapshot snapshot, StackTable stacks, FrameNames names)
    {
        StringBuilder text = new();
        Append(text, snapshot, stacks, names);
        return text.ToString();
    }
}

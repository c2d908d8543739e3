using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Svg;

/// <summary>totals.svg: a bar for the bytes and one for the blocks of each of the stacks that hold most at the end.</summary>
public sealed class TotalsPicture : IReportWriter
{
    private const int Most = 30;
    private const int Row = 34, Top = 60, Left = 360, Longest = 640;

    /// <inheritdoc/>
    public string Name => "totals";

    /// <inheritdoc/>
    public string FileName => "totals.svg";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output)
    {
        ArgumentNullException.ThrowIfNull(recording);
        LiveStack[] all = [.. LiveStacks.AtEnd(recording).Reverse()];
        LiveStack[] top = [.. all.Take(Most)];
        StackLabels names = new(recording);
        double bytes = Math.Max(1, top.Select(stack => stack.Bytes).DefaultIfEmpty(1).Max());
        double blocks = Math.Max(1, top.Select(stack => stack.Blocks).DefaultIfEmpty(1).Max());
        SvgText.Write(output, Top + (top.Length * Row) + 30, "Live bytes and blocks by call stack", svg =>
        {
            svg.Label(Left, Top - 10, "bytes above, blocks below, each on a scale of its own");
            for (int i = 0; i < top.Length; i++)
            {
                double y = Top + (i * Row);
                string label = names.Of(top[i].Stack);
                string count = string.Create(CultureInfo.InvariantCulture, $"{top[i].Blocks} blocks");
                svg.Label(Left - 8, y + 16, SvgText.Fit(label, Left - 20), anchor: "end");
                Bar(svg, y, top[i].Bytes / bytes, SvgText.Colors[0], label, SvgText.Bytes(top[i].Bytes));
                Bar(svg, y + 15, top[i].Blocks / blocks, SvgText.Colors[1], label, count);
            }

            // What is left out is no row of its own.
            if (all.Length > top.Length)
            {
                string rest = string.Create(CultureInfo.InvariantCulture, $"{all.Length - top.Length} more stacks with {SvgText.Bytes(all.Skip(Most).Sum(stack => (double)stack.Bytes))} are not shown");
                svg.Label(Left, Top + (top.Length * Row) + 16, rest);
            }
        });
    }

    private static void Bar(SvgText svg, double y, double share, string color, string label, string number)
    {
        double width = Math.Max(0, share) * Longest;
        svg.Box(Left, y, width, 13, color, $"{label}: {number}");
        svg.Label(Left + width + 6, y + 11, number);
    }
}

using System.Globalization;
using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Svg;

/// <summary>growth.svg: live bytes over time, a line for each of the stacks that hold most at the end, and one for all others.</summary>
public sealed class GrowthPicture : IReportWriter
{
    private const int Most = 20;
    private const int Left = 90, Right = 860, Top = 40, Bottom = 560;

    private static readonly string[] Dashes = ["none", "6 3", "2 3"];

    /// <inheritdoc/>
    public string Name => "growth";

    /// <inheritdoc/>
    public string FileName => "growth.svg";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output)
    {
        ArgumentNullException.ThrowIfNull(recording);
        LiveStack[] top = [.. LiveStacks.AtEnd(recording).Reverse().Take(Most)];
        long[][] series = SeriesOf(recording, [.. top.Select(stack => stack.Index)]);
        StackLabels names = new(recording);
        string[] labels = [.. top.Select(stack => names.Of(stack.Stack)), "all others"];
        double[] seconds = [.. recording.Snapshots.Select(snapshot => (snapshot.Time - recording.Header.Start).TotalSeconds)];
        double span = Math.Max(1, seconds.DefaultIfEmpty(1).Max());
        double most = Math.Max(1, series.SelectMany(values => values).DefaultIfEmpty(1).Max());
        SvgText.Write(output, Bottom + 50, "Live bytes by call stack", svg =>
        {
            DrawAxes(svg, most, span);
            for (int i = 0; i < series.Length; i++)
            {
                string color = SvgText.Colors[i % SvgText.Colors.Count];
                string dashes = Dashes[i / SvgText.Colors.Count % Dashes.Length];
                IEnumerable<(double, double)> points = series[i].Select((value, at) => (Left + (seconds[at] / span * (Right - Left)), Bottom - (Math.Max(0, value) / most * (Bottom - Top))));
                string tip = $"{labels[i]}: {SvgText.Bytes(series[i].LastOrDefault())}";
                svg.Line(points, color, dashes, tip);
                double y = Top + 10 + (i * 22);
                svg.Line([(Right + 20, y - 4), (Right + 50, y - 4)], color, dashes, tip);
                svg.Label(Right + 56, y, SvgText.Fit(tip, SvgText.Width - Right - 60));
            }
        });
    }

    private static void DrawAxes(SvgText svg, double most, double span)
    {
        const int Parts = 5;
        for (int i = 0; i <= Parts; i++)
        {
            double y = Bottom - (i * (Bottom - Top) / (double)Parts);
            svg.Grid(Left, y, Right, y);
            svg.Label(Left - 6, y + 4, SvgText.Bytes(most * i / Parts), anchor: "end");
            double x = Left + (i * (Right - Left) / (double)Parts);
            svg.Label(x, Bottom + 20, Elapsed(TimeSpan.FromSeconds(span * i / Parts)), anchor: "middle");
        }

        svg.Label((Left + Right) / 2.0, Bottom + 40, "since the trace began", anchor: "middle");
    }

    private static string Elapsed(TimeSpan time) => time.TotalDays >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0.#} d")
        : time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h")
        : time.TotalMinutes >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    // A series for each stack, and the sum of all others.
    private static long[][] SeriesOf(Recording recording, int[] stacks)
    {
        var series = new long[stacks.Length + 1][];
        for (int i = 0; i < series.Length; i++) series[i] = new long[recording.Snapshots.Count];
        SnapshotCursor cursor = new(recording);
        for (int at = 0; cursor.MoveNext(); at++)
        {
            long others = 0;
            for (int stack = 0; stack < recording.Stacks.Count; stack++) others += cursor[stack, StackColumn.LiveBytes];
            for (int i = 0; i < stacks.Length; i++) others -= series[i][at] = cursor[stacks[i], StackColumn.LiveBytes];
            series[^1][at] = others;
        }

        return series;
    }
}

using Emleak.Recordings.Model;

namespace Emleak.Recordings.Reports.Text;

/// <summary>mleaksummary.csv: a line for each stack, "id, bytes, count " with the original's blanks. Estimates say so in a first line, "-distance, 0, 0 ".</summary>
public sealed class SummaryReport : IReportWriter
{
    /// <inheritdoc/>
    public string Name => "summary";

    /// <inheritdoc/>
    public string FileName => "mleaksummary.csv";

    /// <inheritdoc/>
    public void Write(Recording recording, Stream output) => ReportText.Write(output, text =>
    {
        // Readers of this file take whole numbers in three columns. No stack has a negative id, so this is the distance of samples.
        AllocationFilter filter = recording.Header.Filter;
        if (filter.IsSampled) text.Write($"-{filter.SampleBytes}, 0, 0 \n");
        foreach (LiveStack stack in LiveStacks.AtEnd(recording)) text.Write($"{stack.Stack.Id}, {stack.Bytes}, {stack.Blocks} \n");
    });
}

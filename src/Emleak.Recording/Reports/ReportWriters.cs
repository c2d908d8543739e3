using Emleak.Recordings.Reports.Svg;
using Emleak.Recordings.Reports.Text;

namespace Emleak.Recordings.Reports;

/// <summary>The formats.</summary>
public static class ReportWriters
{
    /// <summary>Those of the files that a trace has always written; the first is the one for people.</summary>
    public static IReadOnlyList<IReportWriter> Texts { get; } = [new StackReport(), new SummaryReport(), new StatisticsReport(), new FoldedReport(), new SourceReport()];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<IReportWriter> All { get; } = [.. Texts, new GrowthPicture(), new TotalsPicture(), new FlamePicture()];

    /// <summary>The format of this name, or null.</summary>
    public static IReportWriter? Find(string name) => All.FirstOrDefault(writer => writer.Name == name);
}

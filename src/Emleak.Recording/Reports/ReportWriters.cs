using Emleak.Recordings.Reports.Text;

namespace Emleak.Recordings.Reports;

/// <summary>The formats.</summary>
public static class ReportWriters
{
    /// <summary>All of them; the first is the one for people.</summary>
    public static IReadOnlyList<IReportWriter> All { get; } =
    [
        new StackReport(),
        new SummaryReport(),
        new StatisticsReport(),
        new FoldedReport(),
        new SourceReport(),
    ];

    /// <summary>The format of this name, or null.</summary>
    public static IReportWriter? Find(string name) => All.FirstOrDefault(writer => writer.Name == name);
}

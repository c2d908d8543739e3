using Emleak.Recordings.Reports;

namespace Emleak.Cli;

/// <summary>A report of a recording.</summary>
/// <param name="Path">The recording, or the folder of a trace.</param>
/// <param name="Format">The report.</param>
internal sealed record ReportRequest(string Path, IReportWriter Format) : Request;

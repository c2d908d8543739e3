using System.Globalization;
using Emleak.Reporting;
using Emleak.Symbols.Debuginfo;

namespace Emleak.Lookup;

/// <summary>One line on the terminal that tells how far a debug file has come, and is gone when it is there.</summary>
internal sealed class FetchProgress(Reporter reporter) : IProgress<DebuginfodProgress>
{
    private const double Megabyte = 1e6;

    public void Report(DebuginfodProgress value) => reporter.Progress(value.IsDone ? null : LineOf(value));

    private static string LineOf(DebuginfodProgress value)
    {
        string total = value.Total is long bytes ? string.Create(CultureInfo.InvariantCulture, $" of {bytes / Megabyte:F1}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"fetching debug information {value.BuildId[..8]} from {value.Server.Host}: {value.Received / Megabyte:F1}{total} MB");
    }
}

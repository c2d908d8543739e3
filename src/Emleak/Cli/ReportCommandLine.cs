using System.CommandLine;
using Emleak.Recordings.Format;
using Emleak.Recordings.Reports;

namespace Emleak.Cli;

/// <summary><c>emleak report</c>: makes a trace's files again from its recording.</summary>
internal sealed class ReportCommandLine : CliCommand
{
    private readonly Argument<string[]> _paths = new("PATH") { Arity = ArgumentArity.ZeroOrMore };

    private readonly Option<IReportWriter> _format = OptionKinds.Choice(
        "--format", "what to write, default text", [.. ReportWriters.All.Select(writer => (writer.Name, writer))]);

    public ReportCommandLine()
        : base("report")
    {
        Definition.Add(_format);
        Definition.Add(_paths);
    }

    public override string Synopsis => "PATH [OPTS]";

    public override IReadOnlyList<string> About =>
    [
        "Write a report of a recording to standard output.",
        $"PATH is a file {RecordingWriter.FileName}, or the folder of a trace with one in it.",
    ];

    protected override Request Read(ParseResult result) => result.GetValue(_paths) is [{ Length: > 0 } path]
        ? new ReportRequest(path, result.IsGiven(_format) ? result.GetValue(_format)! : ReportWriters.All[0])
        : throw Wrong($"give one PATH: a file {RecordingWriter.FileName} or the folder of a trace");
}

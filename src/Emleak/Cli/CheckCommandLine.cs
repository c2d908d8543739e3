using System.CommandLine;

namespace Emleak.Cli;

/// <summary><c>emleak check</c>: what this host and a process allow. What it prints is what a bug report should contain.</summary>
internal sealed class CheckCommandLine : CliCommand
{
    private readonly Option<int> _pid = OptionKinds.WholeNumber("--pid", "-p", "PID", int.MaxValue, "the process that would be traced");
    private readonly TracingArguments _tracing = new();

    public CheckCommandLine()
        : base("check")
    {
        Definition.Add(_pid);
        _tracing.AddTo(Definition);
    }

    public override string Synopsis => "[-p PID] [OPTS]";

    public override IReadOnlyList<string> About =>
    [
        "Tell what this host and a process allow: put it into bug reports.",
        "Nothing is attached. Takes the options of a trace; the exit code is the one that a",
        "trace would fail with, or 0.",
    ];

    protected override Request Read(ParseResult result) => new CheckRequest(result.IsGiven(_pid) ? result.GetValue(_pid) : null, _tracing.Read(result));
}

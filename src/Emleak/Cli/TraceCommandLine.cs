using System.CommandLine;

namespace Emleak.Cli;

/// <summary>The original's command line: a trace of a process by its id, or of the next one of a name.</summary>
internal sealed class TraceCommandLine : CliCommand
{
    private readonly Option<bool> _version = OptionKinds.Switch("--version", "show the version");
    private readonly Option<int> _pid = OptionKinds.WholeNumber("--pid", "-p", "PID", int.MaxValue, "the PID to trace");

    private readonly Option<string> _comm = OptionKinds.Word(
        "--comm", "-c", "NAME", "the program name to trace, must start emleak before program");

    private readonly TracingArguments _tracing = new();

    public TraceCommandLine()
        : base("emleak")
    {
        Definition.Add(_version);
        Definition.Add(_pid);
        Definition.Add(_comm);
        _tracing.AddTo(Definition);
    }

    public override string Word => "";

    public override string Synopsis => "[OPTS]";

    public override IReadOnlyList<string> About =>
    [
        "Trace outstanding memory allocations that weren't freed.",
        "Supports allocations made with libc functions",
        "Supports allocations made with your own functions",
    ];

    public override string Closing => TracingArguments.Closing;

    protected override Request? ReadEarly(ParseResult result) => result.IsGiven(_version) ? new VersionRequest() : null;

    protected override Request Read(ParseResult result)
    {
        int? pid = result.IsGiven(_pid) ? result.GetValue(_pid) : null;
        string? comm = result.GetValue(_comm);
        if (pid is null && comm is null) throw Wrong("give -p PID or -c NAME");

        // As in the original, -p wins over -c.
        return new TraceRequest(pid, pid is null ? comm : null, _tracing.Read(result));
    }
}

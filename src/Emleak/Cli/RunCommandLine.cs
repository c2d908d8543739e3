using System.CommandLine;

namespace Emleak.Cli;

/// <summary><c>emleak run</c>: starts a program and traces it from its first instruction on.</summary>
internal sealed class RunCommandLine : CliCommand
{
    private readonly TracingArguments _tracing = new();
    private readonly Option<bool> _asRoot = OptionKinds.Switch("--as-root", "start the program as root, not as the user who called sudo");
    private readonly Option<bool> _followDaemon =
        OptionKinds.Switch("--follow-daemon", "when the program ends and leaves a process that goes on, trace that one");
    private readonly Argument<string[]> _words = new("PROGRAM") { Arity = ArgumentArity.ZeroOrMore };

    public RunCommandLine()
        : base("run")
    {
        _tracing.AddTo(Definition);
        Definition.Add(_asRoot);
        Definition.Add(_followDaemon);
        Definition.Add(_words);
    }

    public override string Synopsis => "[OPTS] -- PROGRAM [ARGS]";

    public override IReadOnlyList<string> About =>
    [
        "Start a program and trace it from its first instruction on.",
        "It gets the terminal, the signals and the environment as if it had been started without emleak,",
        "and emleak ends with its exit code. What emleak itself has to say goes to standard error.",
    ];

    public override string Closing => TracingArguments.Closing;

    protected override Request Read(ParseResult result)
    {
        if (result.GetValue(_words) is not [string program, .. string[] arguments] || program.Length == 0) throw Wrong("give the program to start after --");
        return new RunRequest(program, arguments, result.GetValue(_asRoot), result.GetValue(_followDaemon), _tracing.Read(result));
    }
}

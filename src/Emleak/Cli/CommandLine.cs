using System.CommandLine;
using Emleak.Probes;

namespace Emleak.Cli;

/// <summary>The original's options: what they are called, and what makes sense.</summary>
internal sealed class CommandLine
{
    private const int DefaultInterval = 10;
    private const int LongestInterval = 365 * 24 * 3600;

    private readonly Option<int> _pid = Positive("--pid", "-p", int.MaxValue);
    private readonly Option<string> _comm = Text("--comm", "-c");
    private readonly Option<int> _interval = Positive("--interval", "-i", LongestInterval);
    private readonly Option<string> _malloc = Text("--malloc", "-m");
    private readonly Option<string> _free = Text("--free", "-f");
    private readonly Option<ProbePlacement> _placement = Placement();
    private readonly Option<bool> _help = new("--help", "-h", "-?");
    private readonly Option<bool> _version = new("--version");
    private readonly Command _command;

    public CommandLine() =>
        _command = new Command("emleak") { _pid, _comm, _interval, _malloc, _free, _placement, _help, _version };

    /// <summary>What the arguments ask for.</summary>
    /// <exception cref="EmleakException">They make no sense; the exit code is <see cref="ExitCode.Usage"/>.</exception>
    public Request Parse(IReadOnlyList<string> arguments)
    {
        ParseResult result = _command.Parse([.. arguments.SelectMany(SplitGlued)]);
        if (IsGiven(result, _help)) return new Request(ShowHelp: true, ShowVersion: false, null);
        if (IsGiven(result, _version)) return new Request(ShowHelp: false, ShowVersion: true, null);
        if (result.Errors.Count > 0) throw Wrong(result.Errors[0].Message);
        int? pid = IsGiven(result, _pid) ? result.GetValue(_pid) : null;
        string? comm = result.GetValue(_comm);
        if (pid is null && comm is null) throw Wrong("give -p PID or -c NAME");
        int interval = IsGiven(result, _interval) ? result.GetValue(_interval) : DefaultInterval;
        return new Request(
            ShowHelp: false,
            ShowVersion: false,
            // As in the original, -p wins over -c.
            new TracingOptions(
                pid, pid is null ? comm : null, TimeSpan.FromSeconds(interval), result.GetValue(_malloc), result.GetValue(_free), result.GetValue(_placement)));
    }

    // getopt takes "-p123"; System.CommandLine would read three flags.
    private static IEnumerable<string> SplitGlued(string argument)
    {
        bool glued = argument.Length > 2 && argument[0] == '-' && "pcimf".Contains(argument[1], StringComparison.Ordinal);
        return glued ? [argument[..2], argument[2..].TrimStart('=')] : [argument];
    }

    private static Option<int> Positive(string name, string alias, int largest) => new(name, alias)
    {
        // As with getopt, the last one counts.
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (int.TryParse(text, out int value) && value > 0 && value <= largest) return value;
            result.AddError($"{name} takes a whole number from 1 to {largest}, not '{text}'");
            return 0;
        },
    };

    private static Option<ProbePlacement> Placement() => new("--probe-placement")
    {
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (text == "best") return ProbePlacement.Best;
            if (text != "entry") result.AddError($"--probe-placement takes best or entry, not '{text}'");
            return ProbePlacement.Entry;
        },
    };

    private static Option<string> Text(string name, string alias) => new(name, alias)
    {
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (text.Length == 0) result.AddError($"{name} takes a name, not an empty word");
            return text;
        },
    };

    private static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static EmleakException Wrong(string message) => new(ExitCode.Usage, message);
}

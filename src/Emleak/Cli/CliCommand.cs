using System.CommandLine;

namespace Emleak.Cli;

/// <summary>
/// One thing that emleak can be asked to do: its options, what they mean, and the words of its help. Help, completions and
/// the manual page are all made from these definitions.
/// </summary>
internal abstract class CliCommand
{
    private readonly Option<bool> _help = OptionKinds.Switch("--help", "show this help", "-h", "-?");

    protected CliCommand(string name) => Definition = new Command(name) { _help };

    /// <summary>The options.</summary>
    public Command Definition { get; }

    /// <summary>The first word after <c>emleak</c>; empty for the trace, which has none.</summary>
    public virtual string Word => Definition.Name;

    /// <summary>What follows the command's word, e.g. <c>[OPTS] -- PROGRAM [ARGS]</c>.</summary>
    public abstract string Synopsis { get; }

    /// <summary>What it does, in a line or a few.</summary>
    public abstract IReadOnlyList<string> About { get; }

    /// <summary>What its help ends with.</summary>
    public virtual string Closing => "";

    /// <summary>What the arguments ask for.</summary>
    /// <param name="arguments">Everything after the command's word.</param>
    /// <exception cref="EmleakException">They make no sense; the exit code is <see cref="ExitCode.Usage"/>.</exception>
    public Request Parse(IReadOnlyList<string> arguments)
    {
        ParseResult result = Definition.Parse([.. SplitGlued(arguments)]);
        if (result.IsGiven(_help)) return new HelpRequest(HelpText.Of(this));
        if (ReadEarly(result) is { } request) return request;
        if (result.Errors.Count > 0) throw Wrong(result.Errors[0].Message);
        return Read(result);
    }

    /// <summary>What is asked for whatever else is wrong, or null.</summary>
    protected virtual Request? ReadEarly(ParseResult result) => null;

    /// <summary>What is asked for by arguments without errors.</summary>
    protected abstract Request Read(ParseResult result);

    protected EmleakException Wrong(string message) => new(ExitCode.Usage, message) { Usage = HelpText.Of(this) };

    // getopt takes "-p123"; System.CommandLine would read three flags. Behind "--" nothing is an option.
    private IEnumerable<string> SplitGlued(IReadOnlyList<string> arguments)
    {
        string shorts = string.Concat(Definition.Options.Where(TakesValue).SelectMany(option => option.Aliases).Where(alias => alias.Length == 2).Select(alias => alias[1]));
        int end = arguments.IndexOf("--") is int at and >= 0 ? at : arguments.Count;
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            bool isGlued = i < end && argument.Length > 2 && argument[0] == '-' && shorts.Contains(argument[1], StringComparison.Ordinal);
            if (!isGlued)
            {
                yield return argument;
                continue;
            }

            yield return argument[..2];
            yield return argument[2..].TrimStart('=');
        }
    }

    private static bool TakesValue(Option option) => option.HelpName is not null;
}

using System.CommandLine;

namespace Emleak.Cli;

/// <summary><c>emleak generate</c>: what packages ship beside the program, made from the same definitions as the help.</summary>
internal sealed class GenerateCommandLine : CliCommand
{
    private static readonly (string Word, Func<string> Make)[] Kinds =
    [
        ("man", ManualPage.Write),
        ("bash", Completions.ForBash),
        ("zsh", Completions.ForZsh),
        ("fish", Completions.ForFish),
    ];

    private readonly Argument<string[]> _kind = new("WHAT") { Arity = ArgumentArity.ZeroOrMore };

    public GenerateCommandLine()
        : base("generate") => Definition.Add(_kind);

    public override string Synopsis => "man|bash|zsh|fish";

    public override IReadOnlyList<string> About => ["Write the manual page, or completions for a shell, to standard output."];

    protected override Request Read(ParseResult result)
    {
        if (result.GetValue(_kind) is not [string word]) throw Wrong("give one of man, bash, zsh, fish");
        foreach ((string kind, Func<string> make) in Kinds)
        {
            if (kind == word) return new HelpRequest(make());
        }

        throw Wrong($"there is no '{word}' to generate, but man, bash, zsh, fish");
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Emleak.Cli;

/// <summary>Kinds of options. As with getopt, an option that is given again replaces what was given before.</summary>
internal static class OptionKinds
{
    /// <summary>An option that is there or not.</summary>
    public static Option<bool> Switch(string name, string about, params string[] aliases) => new(name, aliases) { Description = about };

    /// <summary>A whole number from 1 up.</summary>
    public static Option<int> WholeNumber(string name, string? alias, string valueName, int largest, string about) => Value(name, alias is null ? [] : [alias], valueName, about, (text, result) =>
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 && value <= largest) return value;
        result.AddError($"{name} takes a whole number from 1 to {largest}, not '{text}'");
        return 0;
    });

    /// <summary>A number of bytes from 1 up: 4096, 512K, 64M, 1G.</summary>
    public static Option<long> Bytes(string name, string about, long largest) => Value(name, [], "BYTES", about, (text, result) =>
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0 && value <= largest >> shift) return value << shift;
        result.AddError($"{name} takes a number of bytes from 1 to {largest}, such as 4096 or 512K, not '{text}'");
        return 0;
    });

    /// <summary>A word that is not empty.</summary>
    public static Option<string> Word(string name, string alias, string valueName, string about) => Value(name, [alias], valueName, about, (text, result) =>
    {
        if (text.Length == 0) result.AddError($"{name} takes a name, not an empty word");
        return text;
    });

    /// <summary>One of a few words, each for a value.</summary>
    public static Option<T> Choice<T>(string name, string about, params (string Word, T Value)[] choices)
    {
        string words = string.Join('|', choices.Select(choice => choice.Word));
        return Value(name, [], words, about, (text, result) =>
        {
            foreach ((string word, T value) in choices)
            {
                if (word == text) return value;
            }

            result.AddError($"{name} takes {words.Replace("|", " or ", StringComparison.Ordinal)}, not '{text}'");
            return choices[0].Value;
        });
    }

    /// <summary>An option that may be given many times, each time with one more value.</summary>
    /// <param name="name">The long name, with its two dashes.</param>
    /// <param name="aliases">The short ones.</param>
    /// <param name="valueName">What the help calls the value.</param>
    /// <param name="about">What the help says.</param>
    /// <param name="read">Reads one value; adds an error to the result when it makes no sense, and gives null.</param>
    public static Option<IReadOnlyList<T>> Repeatable<T>(string name, string[] aliases, string valueName, string about, Func<string, ArgumentResult, T?> read)
        where T : class => new(name, aliases)
    {
        Description = about,
        HelpName = valueName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
        CustomParser = result => [.. result.Tokens.Select(token => read(token.Value, result)).OfType<T>()],
    };

    /// <summary>Names that are not empty, as many as are given.</summary>
    public static Option<IReadOnlyList<string>> Words(string name, string valueName, string about) => Repeatable(name, [], valueName, about, (text, result) =>
    {
        if (text.Length > 0) return text;
        result.AddError($"{name} takes a name, not an empty word");
        return null;
    });

    /// <summary>An option with a value that is read as the caller says.</summary>
    /// <param name="name">The long name, with its two dashes.</param>
    /// <param name="aliases">The short ones.</param>
    /// <param name="valueName">What the help calls the value.</param>
    /// <param name="about">What the help says.</param>
    /// <param name="read">Reads the text; adds an error to the result when it makes no sense.</param>
    public static Option<T> Value<T>(string name, string[] aliases, string valueName, string about, Func<string, ArgumentResult, T> read) => new(name, aliases)
    {
        Description = about,
        HelpName = valueName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => read(result.Tokens[^1].Value, result),
    };
}

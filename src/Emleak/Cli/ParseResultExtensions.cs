using System.CommandLine;

namespace Emleak.Cli;

internal static class ParseResultExtensions
{
    /// <summary>True when the option is on the command line, not merely has a default.</summary>
    public static bool IsGiven(this ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };

    public static int IndexOf(this IReadOnlyList<string> words, string word)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (words[i] == word) return i;
        }

        return -1;
    }
}

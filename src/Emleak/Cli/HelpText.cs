using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Emleak.Cli;

/// <summary>A command's help, in the original's layout: the short options with what they do, then all by their long names.</summary>
internal static class HelpText
{
    private const int LongNameWidth = 17;

    public static string Of(CliCommand command)
    {
        StringBuilder text = new();
        string name = command.Word.Length == 0 ? "emleak" : $"emleak {command.Word}";
        text.Append(CultureInfo.InvariantCulture, $"\nusage: {name} {command.Synopsis}\n   {command.About[0]}\n");
        foreach (string line in command.About.Skip(1))
        {
            text.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }

        Option[] shorts = [.. command.Definition.Options.Where(option => ShortName(option) is not null && option.HelpName is not null)];
        if (shorts.Length > 0) text.Append("\nOPTS:\n");
        foreach (Option option in shorts)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {ShortName(option)}    {option.Description}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nOptions for {name}:\n");
        foreach (Option option in command.Definition.Options)
        {
            string about = ShortName(option) is string alias ? $"short-option: {alias}" : WithValue(option);
            text.Append(CultureInfo.InvariantCulture, $" {option.Name.PadRight(LongNameWidth)}\t {about}\n");
        }

        AppendCommands(text, command);
        return text.Append(command.Closing).ToString();
    }

    private static void AppendCommands(StringBuilder text, CliCommand shown)
    {
        if (shown.Word.Length > 0 || CommandLine.Commands.Count == 1) return;
        text.Append("\nCommands, each with a --help of its own:\n");
        foreach (CliCommand command in CommandLine.Commands.Skip(1))
        {
            text.Append(CultureInfo.InvariantCulture, $" emleak {command.Word} {command.Synopsis}\n    {command.About[0]}\n");
        }
    }

    private static string WithValue(Option option) => option.HelpName is null ? option.Description! : $"{option.HelpName}: {option.Description}";

    private static string? ShortName(Option option) => option.Aliases.FirstOrDefault(alias => alias.Length == 2);
}

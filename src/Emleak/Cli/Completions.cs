using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Emleak.Cli;

/// <summary>What shells offer after <c>emleak</c>: the commands, the options, and the words that an option takes.</summary>
internal static class Completions
{
    private static IEnumerable<CliCommand> WithWords => CommandLine.Commands.Skip(1);

    public static string ForBash()
    {
        StringBuilder script = new();
        script.Append("# bash completion for emleak\n_emleak() {\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n    case ${COMP_WORDS[1]} in\n");
        foreach (CliCommand command in WithWords) Case(script, command.Word, command);
        Case(script, "*", CommandLine.Commands[0]);
        script.Append("    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o default -F _emleak emleak\n");
        return script.ToString();
    }

    public static string ForZsh()
    {
        StringBuilder script = new("#compdef emleak\ncase $words[2] in\n");
        foreach (CliCommand command in WithWords)
        {
            script.Append(CultureInfo.InvariantCulture, $"  {command.Word}) shift words; (( CURRENT-- )); _arguments{ZshOptions(command)} '*:file:_files' ;;\n");
        }

        string commands = string.Join(' ', WithWords.Select(command => command.Word));
        script.Append(CultureInfo.InvariantCulture, $"  *) _arguments{ZshOptions(CommandLine.Commands[0])} '1:command:({commands})' ;;\nesac\n");
        return script.ToString();
    }

    public static string ForFish()
    {
        StringBuilder script = new("# fish completion for emleak\n");
        string words = string.Join(' ', WithWords.Select(command => command.Word));
        foreach (CliCommand command in CommandLine.Commands)
        {
            string when = command.Word.Length == 0 ? $"not __fish_seen_subcommand_from {words}" : $"__fish_seen_subcommand_from {command.Word}";
            if (command.Word.Length > 0)
            {
                script.Append(CultureInfo.InvariantCulture, $"complete -c emleak -n __fish_use_subcommand -a {command.Word} -d '{Quoted(command.About[0])}'\n");
            }

            foreach (Option option in command.Definition.Options)
            {
                string shorts = string.Concat(option.Aliases.Where(IsShort).Select(alias => $" -s '{alias[1]}'"));
                string value = option.HelpName is null ? "" : option.HelpName.Contains('|', StringComparison.Ordinal) ? $" -x -a '{option.HelpName.Replace('|', ' ')}'" : " -r";
                script.Append(CultureInfo.InvariantCulture, $"complete -c emleak -n '{when}' -l {option.Name[2..]}{shorts}{value} -d '{Quoted(option.Description ?? "")}'\n");
            }
        }

        return script.ToString();
    }

    private static void Case(StringBuilder script, string pattern, CliCommand command)
    {
        script.Append(CultureInfo.InvariantCulture, $"        {pattern})\n            case $before in\n");
        foreach (Option option in command.Definition.Options.Where(option => option.HelpName is not null))
        {
            bool isChoice = option.HelpName!.Contains('|', StringComparison.Ordinal);
            string reply = isChoice ? $"words='{option.HelpName.Replace('|', ' ')}'" : "return";
            script.Append(CultureInfo.InvariantCulture, $"                {string.Join('|', option.Aliases.Append(option.Name))}) {reply} ;;\n");
        }

        IEnumerable<string> names = command.Definition.Options.Select(option => option.Name);
        if (command.Word.Length == 0) names = names.Concat(WithWords.Select(one => one.Word));
        script.Append(CultureInfo.InvariantCulture, $"                *) words='{string.Join(' ', names)}' ;;\n            esac ;;\n");
    }

    private static string ZshOptions(CliCommand command) => string.Concat(
        from option in command.Definition.Options
        from name in option.Aliases.Append(option.Name)
        where name != "-?"
        select $" '{name}[{Quoted(option.Description ?? "").Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)}]{ZshValue(option)}'");

    private static string ZshValue(Option option) =>
        option.HelpName is not string name ? ""
        : name.Contains('|', StringComparison.Ordinal) ? $":value:({name.Replace('|', ' ')})"
        : $":{name.Replace(':', ' ')}:_default";

    private static bool IsShort(string alias) => alias.Length == 2 && char.IsAsciiLetter(alias[1]);

    private static string Quoted(string text) => text.Replace("'", "", StringComparison.Ordinal);
}

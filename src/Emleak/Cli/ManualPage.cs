using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Emleak.Cli;

/// <summary>The manual page, emleak(8): see man(7) for its language.</summary>
internal static class ManualPage
{
    public static string Write()
    {
        StringBuilder page = new();
        CliCommand trace = CommandLine.Commands[0];
        Line(page, $".TH EMLEAK 8 \"\" \"emleak {VersionText.Number}\" \"System administration\"");
        Line(page, ".SH NAME");
        Line(page, "emleak \\- find memory leaks in live Linux processes");
        Line(page, ".SH SYNOPSIS");
        foreach (CliCommand command in CommandLine.Commands)
        {
            Line(page, $".B {Text(NameOf(command))}");
            Line(page, Text(command.Synopsis));
            Line(page, ".br");
        }

        Line(page, ".SH DESCRIPTION");
        Line(page, "emleak attaches to a running process, pairs every allocation with its release inside the kernel, and writes which call paths");
        Line(page, "hold memory that nobody has freed. The process is neither restarted nor changed.");
        Line(page, ".SH OPTIONS");
        Options(page, trace);
        Line(page, ".SH COMMANDS");
        foreach (CliCommand command in CommandLine.Commands.Skip(1))
        {
            Line(page, $".SS {Text(NameOf(command))} {Text(command.Synopsis)}");
            foreach (string line in command.About) Line(page, Text(line));
            Options(page, command);
        }

        Line(page, ".SH FILES");
        Line(page, "The folder mleak_pid_PID_TIME in the working directory: mleakstacks.txt, mleaksummary.csv, mleakstatics.csv, out.stacks, out.sources, trace.emleak.");
        Line(page, ".SH EXIT STATUS");
        foreach (string code in (string[])["0 done", "1 tracing failed", "2 usage", "3 not permitted", "4 no such process", "5 function not found", "6 kernel lacks something", "7 output not writable"])
        {
            Line(page, ".TP");
            Line(page, $".B {code[0]}");
            Line(page, code[2..]);
        }

        return page.ToString();
    }

    private static void Options(StringBuilder page, CliCommand command)
    {
        foreach (Option option in command.Definition.Options)
        {
            IEnumerable<string> names = option.Aliases.Append(option.Name).Select(name => $"\\fB{Text(name)}\\fR");
            string value = option.HelpName is null ? "" : $" \\fI{Text(option.HelpName)}\\fR";
            Line(page, ".TP");
            Line(page, string.Join(", ", names) + value);
            Line(page, Text(option.Description ?? ""));
        }
    }

    private static string NameOf(CliCommand command) => command.Word.Length == 0 ? "emleak" : $"emleak {command.Word}";

    // Dashes that are typed are not hyphens, and a line must not begin as a request does.
    private static string Text(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }

    private static void Line(StringBuilder page, string line) => page.Append(CultureInfo.InvariantCulture, $"{line}\n");
}

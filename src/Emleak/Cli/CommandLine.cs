namespace Emleak.Cli;

/// <summary>Everything that emleak can be asked to do.</summary>
internal static class CommandLine
{
    /// <summary>The commands; the first is the one that has no word of its own.</summary>
    public static IReadOnlyList<CliCommand> Commands { get; } = [new TraceCommandLine(), new RunCommandLine(), new CheckCommandLine(), new SymbolizeCommandLine(), new ReportCommandLine(), new GenerateCommandLine()];

    /// <summary>What the arguments ask for.</summary>
    /// <exception cref="EmleakException">They make no sense; the exit code is <see cref="ExitCode.Usage"/>.</exception>
    public static Request Parse(IReadOnlyList<string> arguments)
    {
        // A command's word comes first: "-c run" waits for a program of that name.
        CliCommand? named = arguments.Count > 0 ? Commands.FirstOrDefault(command => command.Word == arguments[0] && command.Word.Length > 0) : null;
        return named is null ? Commands[0].Parse(arguments) : named.Parse([.. arguments.Skip(1)]);
    }
}

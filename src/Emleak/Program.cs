using System.Globalization;
using Emleak.Checking;
using Emleak.Cli;
using Emleak.Launch;
using Emleak.Lookup;
using Emleak.Target;

namespace Emleak;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        StandardStream.Install();
        try
        {
            if (arguments is [Guard.Argument, string guarded]) return (int)Guard.Run(int.Parse(guarded, CultureInfo.InvariantCulture));
            if (arguments is [Launcher.Argument, string pipe, string identity, string path, .. string[] words])
                return (int)Launcher.Become(pipe, identity, path, words);
            return (int)Run(CommandLine.Parse(arguments));
        }
        catch (EmleakException problem)
        {
            Console.Error.WriteLine($"emleak: {problem.Message}");
            Console.Error.Write(problem.Usage);
            return (int)problem.ExitCode;
        }
    }

    private static ExitCode Run(Request request) => request switch
    {
        HelpRequest help => Say(help.Text),
        VersionRequest => Say(VersionText.Write()),
        TraceRequest trace => TraceCommand.Run(trace),
        RunRequest run => RunCommand.Run(run),
        CheckRequest check => CheckCommand.Run(check),
        SymbolizeRequest symbolize => SymbolizeCommand.Run(symbolize),
        _ => throw new InvalidOperationException($"no one answers {request.GetType().Name}"),
    };

    private static ExitCode Say(string text)
    {
        Console.Write(text);
        return ExitCode.Success;
    }
}

using System.Globalization;
using Emleak.Checking;
using Emleak.Cli;
using Emleak.Lookup;
using Emleak.Probes;

namespace Emleak;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            if (arguments is [LinkGuard.Argument, string guarded]) return (int)LinkGuard.Run(int.Parse(guarded, CultureInfo.InvariantCulture));
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

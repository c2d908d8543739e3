using System.Globalization;
using System.Reflection;
using Emleak.Cli;
using Emleak.Probes;

namespace Emleak;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            if (arguments is [LinkGuard.Argument, string guarded]) return (int)LinkGuard.Run(int.Parse(guarded, CultureInfo.InvariantCulture));
            return (int)Run(new CommandLine().Parse(arguments));
        }
        catch (EmleakException problem)
        {
            Console.Error.WriteLine($"emleak: {problem.Message}");
            if (problem.ExitCode == ExitCode.Usage) Console.Error.Write(Usage.Text);
            return (int)problem.ExitCode;
        }
    }

    private static ExitCode Run(Request request)
    {
        if (request.ShowHelp)
        {
            Console.Write(Usage.Text);
            return ExitCode.Success;
        }

        if (request.ShowVersion)
        {
            Console.WriteLine($"emleak {typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
            return ExitCode.Success;
        }

        return TraceCommand.Run(request.Trace!);
    }
}

using System.Globalization;
using Emleak.Checking;
using Emleak.Cli;
using Emleak.Launch;
using Emleak.Lookup;
using Emleak.Reporting;
using Emleak.Target;

namespace Emleak;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        Reporter reporter = new();
        int code;
        try
        {
            code = Run(arguments, reporter);
        }
        catch (Exception problem)
        {
            EmleakException failure = Failures.Explain(problem);
            reporter.Warn(failure);
            if (failure.Usage is not null) reporter.WriteError(failure.Usage);
            code = (int)failure.ExitCode;
        }

        bool isWritten = reporter.Finish();
        return isWritten || code != 0 ? code : (int)ExitCode.OutputNotWritable;
    }

    private static int Run(string[] arguments, Reporter reporter)
    {
        if (arguments is [Guard.Argument, _]) return (int)Guard.Run();
        if (arguments is [Launcher.Argument, string pipe, string identity, string descriptors, string path, .. string[] words])
            return (int)Launcher.Become(pipe, identity, descriptors, path, words);
        if (arguments is [StartHold.Argument, string held]) return (int)StartHold.Run(int.Parse(held, CultureInfo.InvariantCulture));
        DescriptorLimit.Raise();
        return (int)Run(CommandLine.Parse(arguments), reporter);
    }

    private static ExitCode Run(Request request, Reporter reporter) => request switch
    {
        HelpRequest help => Write(help.Text, reporter),
        VersionRequest => Write(VersionText.Write(), reporter),
        TraceRequest trace => TraceCommand.Run(trace, reporter),
        RunRequest run => RunCommand.Run(run, reporter),
        CheckRequest check => CheckCommand.Run(check, reporter),
        ReportRequest report => ReportCommand.Run(report, reporter),
        SymbolizeRequest symbolize => SymbolizeCommand.Run(symbolize, reporter),
        _ => throw new InvalidOperationException($"no one answers {request.GetType().Name}"),
    };

    private static ExitCode Write(string text, Reporter reporter)
    {
        reporter.Write(text);
        return ExitCode.Success;
    }
}

using Emleak.Cli;
using Emleak.Elf;
using Emleak.Recordings.Format;
using Emleak.Recordings.Model;
using Emleak.Reporting;

namespace Emleak;

/// <summary>Writes a report of a recording to standard output.</summary>
internal static class ReportCommand
{
    public static ExitCode Run(ReportRequest request, Reporter reporter)
    {
        Recording recording = Open(request.Path);
        if (recording.End is null) reporter.Warn("the recording has no end: it was cut, or the trace still goes on; this is what it held last");

        // What the reader of standard output makes of it is reported when all is written.
        reporter.TryWrite(output => request.Format.Write(recording, output));
        return ExitCode.Success;
    }

    private static Recording Open(string path)
    {
        try
        {
            return RecordingReader.Open(path);
        }
        catch (RecordingException problem)
        {
            throw new EmleakException(ExitCode.Failure, $"cannot read {path}: {problem.Message}", problem);
        }
        catch (Exception problem) when (SystemError.IsOfFile(problem))
        {
            throw new EmleakException(ExitCode.Failure, $"cannot read {path}: {SystemError.Describe(problem)}", problem);
        }
    }
}

using Emleak.BpfLoader;
using Emleak.Elf;
using Emleak.Target;

namespace Emleak;

/// <summary>Gives every exception one line and a documented exit code.</summary>
internal static class Failures
{
    public static EmleakException Explain(Exception problem) => problem switch
    {
        EmleakException known => known,
        AggregateException { InnerException: { } first } => Explain(first),
        BpfException refusal => HostSettings.Explain(refusal),
        _ when SystemError.IsOutOfDescriptors(problem) => OutOfDescriptors(),
        OutOfMemoryException => new EmleakException(ExitCode.Failure, "there is not enough memory", problem),
        _ when SystemError.IsOfFile(problem) => new EmleakException(ExitCode.Failure, SystemError.Describe(problem) + PlaceOf(problem), problem),
        _ => new EmleakException(ExitCode.Failure, $"internal error, please report it: {problem.GetType().Name}: {SystemError.Describe(problem)}{PlaceOf(problem)}", problem),
    };

    /// <summary>No descriptor was left for a file, whatever the file.</summary>
    public static EmleakException OutOfDescriptors() => new(ExitCode.Failure, "too many files are open for this limit: raise it (ulimit -n)");

    private static string PlaceOf(Exception problem) =>
        problem.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Emleak.", StringComparison.Ordinal)) is { } frame ? $" ({frame.Trim()})" : "";
}

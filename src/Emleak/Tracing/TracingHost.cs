using Emleak.BpfLoader;
using Emleak.Cli;
using Emleak.Reporting;
using Emleak.Target;
using Emleak.Tracing.Unwinding;

namespace Emleak.Tracing;

/// <summary>What all traces of one emleak share.</summary>
internal sealed class TracingHost : IDisposable
{
    /// <param name="options">How to trace.</param>
    /// <param name="name">The name of the programs to wait for, or null.</param>
    /// <param name="reporter">What is said to the user goes there.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TracingHost(TracingOptions options, string? name, Reporter reporter)
    {
        Options = options;
        Reporter = reporter;
        if (!TracingPrograms.HaveUnwindTables) TellHowStacksAreWalked(options.StackWalk);
        // Verified meanwhile: it takes longest.
        Programs = new ProgramStock(options);
        Guard = Guard.Start();
        try
        {
            Watch = new ProcessWatch(name, options.KernelTypes);
        }
        catch
        {
            Programs.Dispose();
            Guard.Dispose();
            throw;
        }
    }

    /// <summary>Tells who waits for programs to begin what may be missed of them.</summary>
    public void TellWhatIsMissed()
    {
        if (Watch.WhyNoWait is string reason)
            Reporter.Warn($"programs do not wait until they are probed: {reason}; what they allocate in their first moments may be missed");
    }

    public TracingOptions Options { get; }

    public Reporter Reporter { get; }

    // Only who asked for the tables is refused.
    private void TellHowStacksAreWalked(StackWalk wanted)
    {
        const string Why = "walking by unwind tables takes Linux 5.10";
        if (wanted == StackWalk.Rows) throw new EmleakException(ExitCode.KernelNotSupported, Why);
        if (wanted == StackWalk.Auto) Reporter.Warn($"stacks are walked by frame pointers alone: {Why}");
    }

    public Guard Guard { get; }

    public ProgramStock Programs { get; }

    public ProcessWatch Watch { get; }

    public void Dispose()
    {
        Watch.Dispose();
        Programs.Dispose();
        Guard.Dispose();
    }
}

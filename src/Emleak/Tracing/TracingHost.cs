using Emleak.BpfLoader;
using Emleak.Cli;
using Emleak.Target;

namespace Emleak.Tracing;

/// <summary>What all traces of one emleak share.</summary>
internal sealed class TracingHost : IDisposable
{
    /// <param name="options">How to trace.</param>
    /// <param name="name">The name of the programs to wait for, or null.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TracingHost(TracingOptions options, string? name)
    {
        Options = options;
        // Verified meanwhile: it takes longest.
        Programs = new ProgramStock(options);
        Guard = Guard.Start();
        try
        {
            Watch = new ProcessWatch(Guard, name);
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
        if (Watch.WhyNoStops is string reason)
            Console.Error.WriteLine($"emleak: programs are not stopped until they are probed: {reason}; what they allocate in their first moments may be missed");
    }

    public TracingOptions Options { get; }

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

using Emleak.BpfLoader;
using Emleak.BpfLoader.Maps;
using Emleak.Cli;
using Emleak.Probes;

namespace Emleak.Tracing;

/// <summary>Programs on their way into the kernel. Their maps are there long before the verifier is through.</summary>
internal sealed class ProgramLoading
{
    private readonly TaskCompletionSource<IReadOnlyDictionary<string, BpfMap>> _maps = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<TracingPrograms> _programs;

    public ProgramLoading(AttachMethod method, TracingOptions options)
    {
        // A process may be waiting, stopped.
        _programs = OwnThread.Start(Load);
        TracingPrograms Load()
        {
            try
            {
                return TracingPrograms.Load(method, options, _maps.SetResult);
            }
            catch (Exception problem)
            {
                _maps.TrySetException(problem);
                throw;
            }
        }
    }

    /// <summary>The maps. They are the programs' own.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IReadOnlyDictionary<string, BpfMap> WaitForMaps() => _maps.Task.GetAwaiter().GetResult();

    /// <summary>The programs. The caller disposes them.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TracingPrograms WaitForPrograms() => _programs.GetAwaiter().GetResult();

    /// <summary>Waits until it is over, whatever comes of it.</summary>
    public void Await() => ((IAsyncResult)_programs).AsyncWaitHandle.WaitOne();

    /// <summary>Takes back what nobody will use.</summary>
    public void Abandon()
    {
        try
        {
            WaitForPrograms().Dispose();
        }
        catch (Exception problem) when (problem is BpfException or EmleakException)
        {
            // There is nothing to take back.
        }
    }
}

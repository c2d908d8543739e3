namespace Emleak.Symbols.Process;

/// <summary>
/// Has the .NET runtime of a process write a perf map for as long as this object lives. A process that writes one already is left alone. Afterwards
/// the map is removed.
/// </summary>
internal sealed class ManagedNames : IDisposable
{
    private readonly RuntimePort _port;
    private readonly ManagedRuntime _runtime;
    private readonly IManagedNamesWitness? _witness;
    private readonly Task<bool> _started;

    private ManagedNames(RuntimePort port, ManagedRuntime runtime, IManagedNamesWitness? witness)
    {
        _port = port;
        _runtime = runtime;
        _witness = witness;
        _witness?.Asked(runtime);
        _started = port.StartNaming();
    }

    /// <summary>Asks the runtime to begin, and does not wait for it; null when the process has no .NET runtime, or writes a perf map anyway.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="witness">Told before the runtime is; null for nobody.</param>
    public static ManagedNames? Start(int pid, IManagedNamesWitness? witness)
    {
        if (TargetIdentity.Read(pid) is not { } identity || RuntimePort.Find(pid, identity) is not { } port) return null;
        if (!port.HasMap) return new ManagedNames(port, new ManagedRuntime(pid, identity.StartTime), witness);
        port.Dispose();
        return null;
    }

    /// <summary>Waits until the names of what was compiled before are written.</summary>
    public void WaitUntilStarted() => _started.Wait();

    public void Dispose()
    {
        _port.StopNaming(_started);
        _witness?.Settled(_runtime);
        _port.Dispose();
    }
}

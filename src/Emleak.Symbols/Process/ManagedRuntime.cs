namespace Emleak.Symbols.Process;

/// <summary>A process whose .NET runtime is asked for names.</summary>
/// <param name="Pid">Process id in the caller's pid namespace.</param>
/// <param name="StartTime">When it began, in the kernel's clock ticks: what tells it from others of its id.</param>
public readonly record struct ManagedRuntime(int Pid, ulong StartTime)
{
    /// <summary>Has the runtime write no more names, and removes those that it has written; does nothing when the process has gone.</summary>
    public void StopNaming()
    {
        if (TargetIdentity.Read(Pid) is not { } identity || identity.StartTime != StartTime) return;
        using RuntimePort? port = RuntimePort.Find(Pid, identity);
        port?.StopNaming();
    }
}

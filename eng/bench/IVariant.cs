namespace Emleak.Bench;

/// <summary>One way of looking at a running program.</summary>
internal interface IVariant
{
    /// <summary>Begins to look at a process; disposing ends it.</summary>
    IDisposable Start(int pid);
}

namespace Emleak.Tracing;

/// <summary>Work that mostly waits for the kernel. Threads of the pool are few, and a new one may come only after a second.</summary>
internal static class OwnThread
{
    /// <summary>Begins the work at once, on a thread that does nothing else.</summary>
    public static Task<T> Start<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc cref="Start{T}"/>
    public static Task Start(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

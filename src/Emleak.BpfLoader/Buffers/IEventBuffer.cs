namespace Emleak.BpfLoader.Buffers;

/// <summary>
/// What programs send, whichever way the kernel has for it: a <see cref="RingBuffer"/> or a <see cref="PerfBuffer"/>. One reader at
/// a time.
/// </summary>
public interface IEventBuffer : IDisposable
{
    /// <summary>Readable for poll(2) and epoll(7) while there are records, for callers that wait for several things.</summary>
    int FileDescriptor { get; }

    /// <summary>
    /// Records that did not fit and that the kernel has reported so far. Ring buffers report none: there the program itself is told,
    /// by the helper that fails.
    /// </summary>
    ulong LostCount { get; }

    /// <summary>
    /// Waits for records. True when there may be some, false when <paramref name="timeout"/> is over;
    /// <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    bool Wait(TimeSpan timeout);

    /// <summary>
    /// Gives each record that is complete to <paramref name="handler"/>. A record's bytes are good during the call only.
    /// </summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    int Read(RecordHandler handler);
}

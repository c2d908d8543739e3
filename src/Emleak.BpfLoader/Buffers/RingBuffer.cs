using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Buffers;

/// <summary>
/// Reads the records that programs put into a ring buffer map (<c>BPF_MAP_TYPE_RINGBUF</c>, since kernel 5.8), in the
/// memory where the kernel wrote them. One reader at a time. Layout: Documentation/bpf/ringbuf.rst of the kernel.
/// </summary>
/// <example><code>
/// while (ring.Wait(TimeSpan.FromSeconds(1)))
///     foreach (ReadOnlySpan&lt;byte&gt; record in ring.Read())
///         Handle(record);
/// </code></example>
public sealed class RingBuffer : IEventBuffer
{
    private readonly BpfMap _map;
    private readonly MemoryMapping _consumer;
    private readonly MemoryMapping _producer;

    /// <summary>Maps the ring buffer into memory. The map must live longer than this object.</summary>
    /// <exception cref="ArgumentException">The map is not a ring buffer.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public RingBuffer(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.Ringbuf) throw new ArgumentException($"{map} is not a ring buffer", nameof(map));
        _map = map;
        _consumer = MapPart(offset: 0, (nuint)Environment.SystemPageSize, writable: true);
        try
        {
            // The data comes twice in a row, so that a record which wraps around is contiguous all the same.
            nuint length = (nuint)Environment.SystemPageSize + (2 * (nuint)map.MaxEntries);
            _producer = MapPart(Environment.SystemPageSize, length, writable: false);
        }
        catch
        {
            _consumer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int FileDescriptor => _map.FileDescriptor;

    // Explicit: who knows that this is a ring buffer must not take the zero for an answer.
    ulong IEventBuffer.LostCount => 0;

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout) => Readiness.Wait(_map.Handle, timeout);

    /// <summary>
    /// The records that are complete, oldest first, up to the first that a program is still writing. Each record's place is
    /// given back to the kernel when the walk goes on to the next, or ends.
    /// </summary>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    public RingBufferRecords Read() => new(_consumer, _producer, _map.MaxEntries);

    /// <inheritdoc/>
    public int Read(RecordHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        int count = 0;
        foreach (ReadOnlySpan<byte> record in Read())
        {
            handler(record);
            count++;
        }

        return count;
    }

    /// <summary>Unmaps the memory. The map stays.</summary>
    public void Dispose()
    {
        _consumer.Dispose();
        _producer.Dispose();
    }

    private MemoryMapping MapPart(nint offset, nuint length, bool writable)
    {
        Errno errno = MemoryMapping.Map(_map.Handle, offset, length, writable, out MemoryMapping? mapping);
        return mapping ?? throw MapError.For(_map, "map into memory", errno);
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.Tracing;

/// <summary>
/// What the programs tell, in the order in which it happened. A ring buffer (5.8) keeps it. Before, each processor has a buffer of its own,
/// and the order is that of the times in the records (bpf/events.h).
/// </summary>
/// <typeparam name="T">A record.</typeparam>
internal sealed class KernelEvents<T> : IDisposable
    where T : unmanaged
{
    private const int BytesPerCpu = 1 << 20;
    private const string HasRingBuffer = "has_ring_buffer";

    private readonly IEventBuffer _buffer;
    private readonly Func<T, ulong> _timeOf;
    private readonly List<T> _waiting = [];

    /// <param name="map">Where the programs put it.</param>
    /// <param name="timeOf">A record's time, in nanoseconds of the monotonic clock.</param>
    public KernelEvents(BpfMap map, Func<T, ulong> timeOf)
    {
        _buffer = map.Type == BpfMapType.PerfEventArray ? new PerfBuffer(map, BytesPerCpu) : EventBuffer.Open(map);
        _timeOf = timeOf;
    }

    /// <summary>Readable when there is something to read.</summary>
    public int Descriptor => _buffer.FileDescriptor;

    /// <summary>Records that found no room, as far as the programs have not been told themselves.</summary>
    public ulong Lost => _buffer.LostCount;

    /// <summary>Makes the programs use what the kernel has.</summary>
    public static void Prepare(BpfObject spec, string map)
    {
        if (KernelFeatures.RingBuffers.Probe() == FeatureSupport.Yes) return;
        spec.SetConstant(HasRingBuffer, (byte)0);
        MapSpec buffer = spec.Maps[map];
        buffer.Type = BpfMapType.PerfEventArray;
        buffer.KeySize = sizeof(uint);
        buffer.ValueSize = sizeof(uint);
        // As many as there are processors.
        buffer.MaxEntries = 0;
    }

    /// <summary>Takes what there is by now, oldest first.</summary>
    /// <param name="settling">
    /// How long a record may take from its time to its place in a processor's buffer: so long it is waited for what may be older than the
    /// youngest that is there.
    /// </param>
    public IReadOnlyList<T> Read(TimeSpan settling)
    {
        ulong now = (ulong)(Stopwatch.GetElapsedTime(0).TotalMilliseconds * 1_000_000);
        TakeIn();
        bool isOrdered = _buffer is not PerfBuffer;
        if (!isOrdered && settling > TimeSpan.Zero && _waiting.Count > 0)
        {
            Thread.Sleep(settling);
            TakeIn();
        }

        // What came meanwhile may itself be waited for.
        int count = isOrdered || settling == TimeSpan.Zero ? _waiting.Count : _waiting.Count(record => _timeOf(record) <= now);
        T[] taken = isOrdered ? [.. _waiting] : [.. _waiting.OrderBy(_timeOf)];
        _waiting.Clear();
        _waiting.AddRange(taken.AsSpan(count));
        return taken[..count];
    }

    public void Dispose() => _buffer.Dispose();

    private void TakeIn() => _buffer.Read(record => _waiting.Add(MemoryMarshal.Read<T>(record)));
}

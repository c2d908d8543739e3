using System.Numerics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Buffers;

/// <summary>
/// Reads the records that programs send with <c>bpf_perf_event_output</c> (<c>BPF_MAP_TYPE_PERF_EVENT_ARRAY</c>, since kernel 4.4):
/// a buffer for each CPU. Records of one CPU come in their order; those of several CPUs in none.
/// </summary>
public sealed class PerfBuffer : IEventBuffer
{
    private const int DefaultBytesPerCpu = 256 << 10;

    private readonly BpfMap _map;
    private readonly BpfHandle _readiness;
    private readonly List<PerfCpuBuffer> _buffers = [];

    /// <summary>Opens a buffer on every CPU. The map must live longer than this object.</summary>
    /// <param name="map">The map that programs send to.</param>
    /// <param name="bytesPerCpu">Room for records on each CPU; rounded up to pages, and to a power of two of them.</param>
    /// <exception cref="ArgumentException">The map is not a perf event array.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public PerfBuffer(BpfMap map, int bytesPerCpu = DefaultBytesPerCpu)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerCpu);
        if (map.Type != BpfMapType.PerfEventArray) throw new ArgumentException($"{map} is not a perf event array", nameof(map));
        _map = map;
        _readiness = Readiness.CreateSet();
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytesPerCpu, Environment.SystemPageSize));
        try
        {
            int cpus = (int)Math.Min((uint)PossibleCpus.Count, map.MaxEntries);
            for (int cpu = 0; cpu < cpus; cpu++)
            {
                if (PerfCpuBuffer.TryOpen(map, cpu, size) is not PerfCpuBuffer buffer) continue;
                _buffers.Add(buffer);
                buffer.Attach(_readiness);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int FileDescriptor => _readiness.Descriptor;

    /// <inheritdoc/>
    public ulong LostCount
    {
        get
        {
            ulong lost = 0;
            foreach (PerfCpuBuffer buffer in _buffers) lost += buffer.LostCount;
            return lost;
        }
    }

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout) => Readiness.Wait(_readiness, timeout);

    /// <inheritdoc/>
    public int Read(RecordHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ObjectDisposedException.ThrowIf(_readiness.IsClosed, this);
        int count = 0;
        foreach (PerfCpuBuffer buffer in _buffers) count += buffer.Read(handler);
        return count;
    }

    /// <summary>Takes the buffers out of the map, and unmaps their memory. The map stays.</summary>
    public void Dispose()
    {
        foreach (PerfCpuBuffer buffer in _buffers) buffer.Dispose();
        _readiness.Dispose();
    }

    /// <inheritdoc/>
    public override string ToString() => $"perf buffers of {_map} on {_buffers.Count} CPUs";
}

using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;

namespace Emleak.BpfLoader.Buffers;

/// <summary>Opens whatever kind of buffer a map is.</summary>
public static class EventBuffer
{
    /// <summary>Opens a buffer for reading. The map must live longer than the buffer.</summary>
    /// <exception cref="ArgumentException">The map is no buffer.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static IEventBuffer Open(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Type switch
        {
            BpfMapType.Ringbuf => new RingBuffer(map),
            BpfMapType.PerfEventArray => new PerfBuffer(map),
            _ => throw new ArgumentException($"{map} is neither a ring buffer nor a perf event array", nameof(map)),
        };
    }
}

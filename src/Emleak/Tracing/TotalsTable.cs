using Emleak.BpfLoader;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.Tracing.Records;

namespace Emleak.Tracing;

/// <summary>What each stack holds (`totals` in bpf/blocks.h): in memory that the kernel shares, or before 5.5 asked for one by one.</summary>
internal sealed class TotalsTable : IDisposable
{
    // Threads that store stacks at the same time may set back the hint of the next number by a few.
    private const int Slack = 1024;

    private readonly BpfCollection _programs;
    private readonly BpfMap<uint, Total> _map;
    private readonly MappedArray<Total>? _memory;

    public TotalsTable(BpfCollection programs)
    {
        _programs = programs;
        _map = programs.Maps["totals"].As<uint, Total>();
        if (KernelFeatures.MappableArrays.Probe() == FeatureSupport.Yes) _memory = programs.Maps["totals"].MapMemory<Total>();
    }

    /// <summary>Above the greatest number that a stack has by now.</summary>
    public int End => (int)Math.Min(_programs.Maps["totals"].MaxEntries, _programs.ReadVariable<uint>("next_stack") + Slack);

    /// <summary>What the stack of a number holds.</summary>
    public Total Read(int number)
    {
        if (_memory is not null) return _memory.Read(number);
        return _map.TryLookup((uint)number, out Total total) ? total : default;
    }

    public void Dispose() => _memory?.Dispose();
}

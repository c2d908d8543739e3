using Emleak.BpfLoader;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Reporting;

namespace Emleak.Tracing;

/// <summary>
/// The kernel's room for outstanding blocks (bpf/blocks.h): lines for most, and tables for those that have no place in lines.
/// The kernel takes some 50 ms to make a table for millions, which programs hardly ever need at once. So they start with a
/// small one, and the large one is made while they run already.
/// </summary>
internal sealed class BlockTables : IDisposable
{
    /// <summary>Room for outstanding blocks when nothing else is asked for.</summary>
    public const int DefaultCapacity = 4 * 1024 * 1024;

    private const string Lines = "lines";
    private const string Table = "allocations";
    private const string LargeTable = "more_allocations";

    // A line takes blocks that lie close together: a few, at least.
    private const uint LeastBlocksOfLine = 8;

    private readonly MapSpec _table;
    private readonly BpfMap _largeTable;
    private readonly uint _capacity;
    private Task _growth = Task.CompletedTask;

    public BlockTables(BpfObject spec, BpfCollection programs, int capacity)
    {
        _table = spec.Maps[Table];
        _largeTable = programs.Maps[LargeTable];
        _capacity = (uint)capacity;
    }

    /// <summary>Gives the maps their sizes.</summary>
    public static void Prepare(BpfObject spec, int capacity)
    {
        MapSpec lines = spec.Maps[Lines];
        MapSpec table = spec.Maps[Table];
        lines.MaxEntries = Math.Clamp((uint)capacity / LeastBlocksOfLine, 1, lines.MaxEntries);

        // Where all tables must be of one size, the small one is the only one: it gets all the room.
        bool grows = KernelFeatures.InnerMapsOfAnySize.Probe() == FeatureSupport.Yes;
        table.MaxEntries = grows ? Math.Min((uint)capacity, table.MaxEntries) : (uint)capacity;
    }

    /// <summary>Begins to make room for all. If the kernel refuses, that is reported.</summary>
    public void Grow(Reporter reporter)
    {
        if (_table.MaxEntries >= _capacity) return;
        MapSpec large = new(Table)
        {
            Type = _table.Type,
            KeySize = _table.KeySize,
            ValueSize = _table.ValueSize,
            Flags = _table.Flags,
            MaxEntries = _capacity,
        };
        _growth = Task.Run(() =>
        {
            try
            {
                using BpfMap map = BpfMap.Create(large);
                _largeTable.AsMapOfMaps<uint>().Update(0, map);
            }
            catch (BpfException problem)
            {
                // The small table is there; what it cannot hold is counted.
                reporter.Warn($"there is not room for {_capacity} blocks: {problem.Message}");
            }
        });
    }

    /// <summary>Waits until that is over.</summary>
    public void Dispose() => _growth.Wait();
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>Tables in the kernel: as many as were new at one time, in a map that is as large as they are.</summary>
internal sealed class TableArea : IDisposable
{
    private const int ChunkWords = (int)UnwindLimits.UnwindChunkWords;

    private readonly BpfMap _map;

    /// <summary>Puts tables into an area of their own, which the programs do not know yet.</summary>
    /// <exception cref="BpfLoader.BpfException">The kernel refuses.</exception>
    public TableArea(IReadOnlyList<UnwindTable> tables)
    {
        _map = BpfMap.Create(new MapSpec("unwind_area")
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (uint)Unsafe.SizeOf<UnwindChunk>(),
            MaxEntries = (uint)tables.Sum(table => table.Words.Length / ChunkWords),
            Flags = MappableInner,
        });
        try
        {
            FirstChunks = Fill(_map, tables);
        }
        catch
        {
            _map.Dispose();
            throw;
        }
    }

    /// <summary>The first chunk of each table.</summary>
    public IReadOnlyList<uint> FirstChunks { get; }

    /// <summary>Makes the area known to the programs. Takes a grace period of RCU, as all changes of maps in maps do.</summary>
    /// <param name="areas">The map of all areas.</param>
    /// <param name="number">The area's number.</param>
    /// <exception cref="BpfLoader.BpfException">The kernel refuses.</exception>
    public void Publish(BpfMap areas, uint number) => areas.AsMapOfMaps<uint>().Update(number, _map);

    /// <summary>Lets go of the area, which lives on where it was published.</summary>
    public void Dispose() => _map.Dispose();

    // BPF_F_MMAPABLE, and BPF_F_INNER_MAP: areas differ in size.
    private const uint MappableInner = 0x400 | 0x1000;

    private static uint[] Fill(BpfMap area, IReadOnlyList<UnwindTable> tables)
    {
        using MappedArray<UnwindChunk> chunks = area.MapMemory<UnwindChunk>();
        var firstChunks = new uint[tables.Count];
        int next = 0;
        for (int i = 0; i < tables.Count; i++)
        {
            firstChunks[i] = (uint)next;
            foreach (ref readonly UnwindChunk chunk in MemoryMarshal.Cast<uint, UnwindChunk>(tables[i].Words.Span)) chunks.Write(next++, chunk);
        }

        return firstChunks;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>Tables in the kernel: as many as were new at one time, in a map that is as large as they are.</summary>
internal static class TableArea
{
    private const int ChunkWords = (int)UnwindLimits.UnwindChunkWords;

    /// <summary>Puts tables into an area of their own. Gives the first chunk of each.</summary>
    /// <param name="areas">The map of all areas.</param>
    /// <param name="number">The area's number.</param>
    /// <param name="tables">What goes into it.</param>
    /// <exception cref="BpfLoader.BpfException">The kernel refuses.</exception>
    public static uint[] Store(BpfMap areas, uint number, IReadOnlyList<UnwindTable> tables)
    {
        using BpfMap area = BpfMap.Create(new MapSpec("unwind_area")
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (uint)Unsafe.SizeOf<UnwindChunk>(),
            MaxEntries = (uint)tables.Sum(table => table.Words.Length / ChunkWords),
            Flags = MappableInner,
        });
        uint[] firstChunks = Fill(area, tables);
        areas.AsMapOfMaps<uint>().Set(number, area);
        return firstChunks;
    }

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

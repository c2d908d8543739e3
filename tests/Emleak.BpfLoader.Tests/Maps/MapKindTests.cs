using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Tests.Maps;

/// <summary>Each kind of map does what it is for, on the running kernel.</summary>
public sealed class MapKindTests
{
    private const uint NoPreallocation = 1;
    private const uint MemoryMappable = 1 << 10;

    [Theory]
    [InlineData(BpfMapType.PercpuHash)]
    [InlineData(BpfMapType.PercpuArray)]
    [InlineData(BpfMapType.LruPercpuHash)]
    public void Values_by_cpu_are_written_and_read_of_any_size(BpfMapType type)
    {
        WriteAndRead<ulong>(type, static i => (ulong)i);
        WriteAndRead<uint>(type, static i => (uint)i);
        WriteAndRead<(ulong, ulong, ulong)>(type, static i => ((ulong)i, 7, (ulong)i * 2));
    }

    private static void WriteAndRead<TValue>(BpfMapType type, Func<int, TValue> make)
        where TValue : unmanaged
    {
        const int Keys = 1_000;
        using BpfMap map = Create(type, sizeof(uint), System.Runtime.CompilerServices.Unsafe.SizeOf<TValue>(), 2 * Keys);
        PerCpuMap<uint, TValue> typed = map.AsPerCpu<uint, TValue>();
        Assert.Equal(PossibleCpus.Count, typed.CpuCount);
        TValue[] values = new TValue[typed.CpuCount];
        for (int key = 0; key < Keys; key++)
        {
            for (int cpu = 0; cpu < values.Length; cpu++) values[cpu] = make((key * 10) + cpu);
            Assert.True(typed.Update((uint)key, values));
        }

        Assert.True(typed.TryLookup(77, values));
        Assert.Equal(Enumerable.Range(770, values.Length).Select(make), values);
        MapEntries<uint, TValue> all = typed.ReadAll();
        typed.ReadAll(all);
        Assert.Equal(type == BpfMapType.PercpuArray ? 2 * Keys : Keys, all.Count);
        for (int i = 0; i < all.Count; i++)
        {
            if (all.Keys[i] < Keys) Assert.Equal(Enumerable.Range((int)all.Keys[i] * 10, values.Length).Select(make), all.ValuesOf(i).ToArray());
        }

        if (type == BpfMapType.PercpuArray) return;
        Assert.True(typed.Delete(77));
        Assert.False(typed.TryLookup(77, values));
        Assert.False(typed.Update(77, values, MapUpdateMode.Exist));
    }

    [Fact]
    public void Values_by_cpu_are_seen_by_their_own_view_only()
    {
        using BpfMap perCpu = Create(BpfMapType.PercpuHash, 4, 8, 4);
        using BpfMap plain = Create(BpfMapType.Hash, 4, 8, 4);
        Assert.Throws<InvalidOperationException>(() => perCpu.As<uint, ulong>());
        Assert.Throws<InvalidOperationException>(() => plain.AsPerCpu<uint, ulong>());
        Assert.Throws<ArgumentException>(() => perCpu.AsPerCpu<uint, ulong>().TryLookup(1, new ulong[PossibleCpus.Count + 1]));
        Assert.Throws<ArgumentException>(() => perCpu.AsPerCpu<uint, ulong>().ReadAll(new MapEntries<uint, ulong>()));
    }

    [Fact]
    public void A_full_lru_map_forgets_and_goes_on()
    {
        using BpfMap map = Create(BpfMapType.LruHash, 4, 8, 128);
        BpfMap<uint, ulong> typed = map.As<uint, ulong>();
        for (uint i = 0; i < 10_000; i++) Assert.True(typed.Update(i, i));
        MapEntries<uint, ulong> left = typed.ReadAll();
        Assert.InRange(left.Count, 1, 128);
        Assert.True(typed.TryLookup(9_999, out ulong last));
        Assert.Equal(9_999ul, last);
        Assert.True(typed.TryTake(9_999, out last));
        Assert.False(typed.TryLookup(9_999, out _));
    }

    [Theory]
    [InlineData(BpfMapType.Queue)]
    [InlineData(BpfMapType.Stack)]
    public void Queues_and_stacks_give_back_in_their_order(BpfMapType type)
    {
        using BpfMap map = Create(type, 0, 8, 3);
        BpfQueue<ulong> queue = map.AsQueue<ulong>();
        Assert.False(queue.TryPop(out _));
        for (ulong i = 1; i <= 3; i++) Assert.True(queue.Push(i));
        Assert.False(queue.Push(4));
        bool isQueue = type == BpfMapType.Queue;
        Assert.True(queue.TryPeek(out ulong next));
        Assert.Equal(isQueue ? 1ul : 3, next);
        Assert.True(queue.Push(5, overwrite: true));
        List<ulong> values = [];
        while (queue.TryPop(out ulong value)) values.Add(value);
        Assert.Equal(isQueue ? [2ul, 3, 5] : [5ul, 3, 2], values);
        Assert.Throws<InvalidOperationException>(() => map.AsQueue<uint>());
        Assert.Throws<InvalidOperationException>(() => map.AsStackTraces());
    }

    [Fact]
    public void The_longest_prefix_matches()
    {
        using BpfMap map = Create(BpfMapType.LpmTrie, 8, 4, 16, NoPreallocation);
        BpfMap<(uint Bits, uint Prefix), int> trie = map.As<(uint, uint), int>();
        // Bytes in the order of the network: 10.0.0.0/8 and 10.1.0.0/16.
        trie.Update((8, 10), 8);
        trie.Update((16, 10 | (1 << 8)), 16);
        Assert.True(trie.TryLookup((32, 10 | (1 << 8) | (9 << 24)), out int match));
        Assert.Equal(16, match);
        Assert.True(trie.TryLookup((32, 10 | (2 << 8)), out match));
        Assert.Equal(8, match);
        Assert.False(trie.TryLookup((32, 11), out _));
    }

    [Theory]
    [InlineData(BpfMapType.HashOfMaps)]
    [InlineData(BpfMapType.ArrayOfMaps)]
    public void Maps_are_put_into_maps_found_and_taken_out(BpfMapType type)
    {
        MapSpec inner = new("inner") { Type = BpfMapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 10 };
        using BpfMap outer = BpfMap.Create(new MapSpec("outer") { Type = type, KeySize = 4, ValueSize = 4, MaxEntries = 4, InnerMap = inner });
        MapOfMaps<uint> maps = outer.AsMapOfMaps<uint>();
        Assert.Null(maps.Find(2));
        using (BpfMap first = BpfMap.Create(inner))
        {
            first.As<uint, ulong>().Update(5, 55);
            maps.Update(2, first);
        }

        // The outer map keeps it.
        using (BpfMap? found = maps.Find(2))
        {
            Assert.NotNull(found);
            Assert.True(found.As<uint, ulong>().TryLookup(5, out ulong value));
            Assert.Equal(55ul, value);
        }

        using BpfMap different = Create(BpfMapType.Hash, 8, 8, 10);
        Assert.Equal(22, Assert.Throws<BpfException>(() => maps.Update(1, different)).ErrorNumber);
        Assert.True(maps.Delete(2));
        Assert.Null(maps.Find(2));
    }

    [Fact]
    public void An_array_in_memory_is_the_map_itself()
    {
        using BpfMap map = Create(BpfMapType.Array, 4, 4, 3_000, MemoryMappable);
        BpfMap<uint, int> calls = map.As<uint, int>();
        using (MappedArray<int> memory = map.MapMemory<int>())
        {
            for (int i = 0; i < memory.Count; i++) memory.Write(i, i * 7);
            Assert.True(calls.TryLookup(2_999, out int value));
            Assert.Equal(2_999 * 7, value);
            calls.Update(1_500, -1);
            Assert.Equal(-1, memory.Read(1_500));
            Assert.Equal(1_501 * 7, memory.Read(1_501));
            Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(3_000));
            Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(-1));
            Assert.Equal(16, Assert.Throws<BpfException>(map.Freeze).ErrorNumber);
        }

        map.Freeze();
        using MappedArray<int> readOnly = map.MapMemory<int>(writable: false);
        Assert.Equal(7, readOnly.Read(1));
        Assert.Throws<InvalidOperationException>(() => readOnly.Write(1, 1));
        Assert.Throws<BpfException>(() => map.MapMemory<int>());
        using BpfMap plain = Create(BpfMapType.Array, 4, 4, 1);
        Assert.Throws<InvalidOperationException>(() => plain.MapMemory<int>());
    }

    [Fact]
    public void What_the_kernel_knows_of_a_map_is_told_and_its_number_opens_it()
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 8, 100, NoPreallocation);
        MapInfo info = map.GetInfo();
        Assert.Equal(new MapInfo(info.Id, BpfMapType.Hash, "tested", 4, 8, 100, NoPreallocation, 0), info);
        Assert.Contains(info.Id, BpfMap.Ids);
        using BpfMap same = BpfMap.OpenById(info.Id);
        same.As<uint, ulong>().Update(1, 2);
        Assert.True(map.As<uint, ulong>().TryLookup(1, out ulong value));
        Assert.Equal(2ul, value);
        Assert.Throws<BpfException>(() => BpfMap.OpenById(uint.MaxValue));
    }

    private static BpfMap Create(BpfMapType type, int keySize, int valueSize, uint entries, uint flags = 0) => BpfMap.Create(
        new MapSpec("tested") { Type = type, KeySize = (uint)keySize, ValueSize = (uint)valueSize, MaxEntries = entries, Flags = flags });
}

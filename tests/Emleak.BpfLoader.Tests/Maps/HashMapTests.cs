using System.Diagnostics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Tests.Maps;

/// <summary>Hash maps of the running kernel, through the typed view.</summary>
public sealed class HashMapTests(ITestOutputHelper output)
{
    private const int Million = 1_000_000;

    [Fact]
    public void Update_and_lookup_round_trip()
    {
        using BpfMap map = CreateHash(maxEntries: 4);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        Assert.False(entries.TryLookup(7, out _));
        Assert.True(entries.Update(7, 70));
        Assert.True(entries.TryLookup(7, out ulong value));
        Assert.Equal(70ul, value);
        Assert.True(entries.Delete(7));
        Assert.False(entries.Delete(7));
    }

    [Fact]
    public void Update_obeys_its_mode()
    {
        using BpfMap map = CreateHash(maxEntries: 4);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        Assert.False(entries.Update(1, 10, MapUpdateMode.Exist));
        Assert.True(entries.Update(1, 10, MapUpdateMode.NoExist));
        Assert.False(entries.Update(1, 11, MapUpdateMode.NoExist));
        Assert.True(entries.Update(1, 12, MapUpdateMode.Exist));
        Assert.True(entries.TryLookup(1, out ulong value));
        Assert.Equal(12ul, value);
    }

    [Fact]
    public void Update_of_a_full_map_says_how_many_it_holds()
    {
        using BpfMap map = CreateHash(maxEntries: 2);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        entries.Update(1, 1);
        entries.Update(2, 2);
        BpfException refused = Assert.Throws<BpfException>(() => entries.Update(3, 3));
        Assert.Equal(7, refused.ErrorNumber);
        Assert.Contains("full: it holds 2 entries", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryTake_reads_and_removes()
    {
        using BpfMap map = CreateHash(maxEntries: 4);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        entries.Update(5, 50);
        Assert.True(entries.TryTake(5, out ulong value));
        Assert.Equal(50ul, value);
        Assert.False(entries.TryTake(5, out _));
    }

    [Fact]
    public void As_refuses_types_of_other_sizes()
    {
        using BpfMap map = CreateHash(maxEntries: 4);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(map.As<uint, ulong>);
        Assert.Contains("keys of 8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_map_is_not_read_through_a_reused_descriptor()
    {
        BpfMap map = CreateHash(maxEntries: 4);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        map.Dispose();
        using BpfMap other = CreateHash(maxEntries: 4);
        Assert.Throws<ObjectDisposedException>(() => entries.TryLookup(1, out _));
    }

    [Fact]
    public void A_million_entries_are_the_same_read_in_batches_and_key_by_key()
    {
        using BpfMap map = CreateHash(Million);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        for (ulong i = 0; i < Million; i++) entries.Update(i * 0x9E37_79B9, i);

        MapEntries<ulong, ulong> read = entries.ReadAll();
        long start = Stopwatch.GetTimestamp();
        entries.ReadAll(read);
        TimeSpan batches = Stopwatch.GetElapsedTime(start);
        Dictionary<ulong, ulong> fromBatches = [];
        for (int i = 0; i < read.Count; i++) fromBatches.Add(read.Keys[i], read.Values[i]);

        start = Stopwatch.GetTimestamp();
        int walked = 0;
        bool same = true;
        foreach (ulong key in entries.Keys)
        {
            walked++;
            same &= entries.TryLookup(key, out ulong value) && fromBatches.TryGetValue(key, out ulong other) && other == value;
        }

        output.WriteLine($"batches {batches.TotalMilliseconds:f1} ms, keys {Stopwatch.GetElapsedTime(start).TotalMilliseconds:f1} ms");
        Assert.Equal(Million, fromBatches.Count);
        Assert.Equal(Million, walked);
        Assert.True(same);
    }

    [Fact]
    public void Reading_again_does_not_allocate()
    {
        using BpfMap map = CreateHash(maxEntries: 10_000);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        for (ulong i = 0; i < 5_000; i++) entries.Update(i, i);
        MapEntries<ulong, ulong> read = entries.ReadAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        entries.ReadAll(read);
        for (ulong i = 0; i < 1_000; i++)
        {
            entries.TryLookup(i, out ulong value);
            entries.Update(i, value + 1);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(5_000, read.Count);
    }

    [Fact]
    public void Drain_empties_the_map()
    {
        using BpfMap map = CreateHash(maxEntries: 10_000);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        for (ulong i = 0; i < 10_000; i++) entries.Update(i, i);
        MapEntries<ulong, ulong> taken = new();
        entries.Drain(taken);
        Assert.Equal(10_000, taken.Count);
        Assert.Equal(10_000ul * 9_999 / 2, Sum(taken.Values));
        Assert.Equal(0, entries.ReadAll().Count);
    }

    [Fact]
    public void Deleting_each_key_during_a_walk_reaches_every_key_and_ends()
    {
        using BpfMap map = CreateHash(maxEntries: 10_000);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        for (ulong i = 0; i < 10_000; i++) entries.Update(i, i);
        HashSet<ulong> seen = [];
        foreach (ulong key in entries.Keys)
        {
            seen.Add(key);
            entries.Delete(key);
        }

        Assert.Equal(10_000, seen.Count);
        Assert.Equal(0, entries.ReadAll().Count);
    }

    [Fact]
    public async Task Entries_that_stay_are_read_exactly_once_while_others_come_and_go()
    {
        const ulong Staying = 20_000;
        using BpfMap map = CreateHash(maxEntries: 200_000);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        for (ulong i = 0; i < Staying; i++) entries.Update(i, i);
        using CancellationTokenSource stop = new();
        Task churn = Task.Run(
            () =>
            {
                for (ulong i = 0; !stop.IsCancellationRequested; i++)
                {
                    entries.Update((1ul << 32) + (i % 50_000), i);
                    if (i > 1_000) entries.Delete((1ul << 32) + ((i - 1_000) % 50_000));
                }
            },
            TestContext.Current.CancellationToken);
        MapEntries<ulong, ulong> read = new();
        for (int round = 0; round < 20; round++)
        {
            entries.ReadAll(read);
            int staying = 0;
            foreach (ulong key in read.Keys) staying += key < Staying ? 1 : 0;
            Assert.Equal((int)Staying, staying);
        }

        await stop.CancelAsync();
        await churn;
    }

    [Fact]
    public void A_walk_over_a_map_that_is_emptied_and_filled_for_ever_ends()
    {
        using BpfMap map = CreateHash(maxEntries: 64);
        BpfMap<ulong, ulong> entries = map.As<ulong, ulong>();
        entries.Update(0, 0);
        ulong next = 1;
        int walked = 0;
        foreach (ulong key in entries.Keys)
        {
            // The key that was given is always gone, and there is always another.
            entries.Delete(key);
            entries.Update(next++, 0);
            walked++;
        }

        Assert.InRange(walked, 1, 128);
    }

    private static BpfMap CreateHash(uint maxEntries) => BpfMap.Create(new MapSpec("test_hash")
    {
        Type = BpfMapType.Hash,
        KeySize = sizeof(ulong),
        ValueSize = sizeof(ulong),
        MaxEntries = maxEntries,
    });

    private static ulong Sum(ReadOnlySpan<ulong> values)
    {
        ulong sum = 0;
        foreach (ulong value in values) sum += value;
        return sum;
    }
}

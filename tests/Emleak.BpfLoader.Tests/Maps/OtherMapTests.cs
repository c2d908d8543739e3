using System.Buffers.Binary;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Tests.Maps;

/// <summary>Maps that are not hash maps, and maps that the kernel refuses.</summary>
public sealed class OtherMapTests
{
    [Fact]
    public void An_array_is_read_in_batches_with_all_its_indexes()
    {
        using BpfMap map = BpfMap.Create(new MapSpec("numbers") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1_000 });
        BpfMap<uint, ulong> numbers = map.As<uint, ulong>();
        for (uint i = 0; i < 1_000; i++) numbers.Update(i, i * 3);
        MapEntries<uint, ulong> read = numbers.ReadAll();
        Assert.Equal(1_000, read.Count);
        for (int i = 0; i < read.Count; i++) Assert.Equal(read.Keys[i] * 3ul, read.Values[i]);
    }

    [Fact]
    public void A_map_without_batches_is_read_key_by_key()
    {
        // Longest-prefix tries got batches in the kernel only in part; storage by cgroup never did. A trie's key starts with its prefix length.
        using BpfMap map = BpfMap.Create(
            new MapSpec("trie") { Type = BpfMapType.LpmTrie, KeySize = 8, ValueSize = 4, MaxEntries = 64, Flags = 1 });
        BpfMap<ulong, uint> trie = map.As<ulong, uint>();
        for (uint i = 0; i < 10; i++) trie.Update(32 | ((ulong)i << 32), i);
        MapEntries<ulong, uint> read = new();
        new BulkRead<ulong, uint>(map).ReadKeyByKey(read, delete: false);
        Assert.Equal(10, read.Count);
        Assert.Equal([0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u], read.Values.ToArray().Order());
        new BulkRead<ulong, uint>(map).ReadKeyByKey(read, delete: true);
        Assert.Equal(10, read.Count);
        Assert.Equal(0, trie.ReadAll().Count);
    }

    [Fact]
    public void Names_are_cut_and_cleaned_before_the_kernel_sees_them()
    {
        using BpfMap map = BpfMap.Create(
            new MapSpec("a name-that+is too long") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
        Assert.Equal("a name-that+is too long", map.Name);
    }

    [Fact]
    public void A_refused_map_is_named_with_its_sizes()
    {
        BpfException refused = Assert.Throws<BpfException>(
            () => BpfMap.Create(new MapSpec("odd") { Type = BpfMapType.Array, KeySize = 3, ValueSize = 4, MaxEntries = 1 }));
        Assert.Equal(22, refused.ErrorNumber);
        Assert.Contains("cannot create Array map 'odd': EINVAL", refused.Message, StringComparison.Ordinal);
        Assert.Contains("key of 3 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constants_are_frozen_with_their_initial_value()
    {
        byte[] initial = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(initial.AsSpan(8), 42);
        MapSpec spec = DataSpec(".rodata", MapContent.ReadOnlyData, initial);
        using BpfMap map = BpfMap.Create(spec);
        using GlobalVariables variables = new(map, spec);
        Assert.True(variables.TryFind("limit", out VariableSpec limit));
        Assert.Equal(42ul, variables.Read<ulong>(limit));
        BpfException refused = Assert.Throws<BpfException>(() => variables.Write(limit, 43ul));
        Assert.Contains("frozen", refused.Message, StringComparison.Ordinal);
        Assert.Equal(42ul, variables.Read<ulong>(limit));
    }

    [Fact]
    public void Variables_are_written_without_touching_their_neighbours()
    {
        MapSpec spec = DataSpec(".bss", MapContent.ZeroData, initial: null);
        using BpfMap map = BpfMap.Create(spec);
        using GlobalVariables variables = new(map, spec);
        Assert.True(variables.TryFind("limit", out VariableSpec limit));
        Assert.True(variables.TryFind("flag", out VariableSpec flag));
        variables.Write(flag, (byte)1);
        variables.Write(limit, ulong.MaxValue);
        Assert.Equal(1, variables.Read<byte>(flag));
        Assert.Equal(ulong.MaxValue, variables.Read<ulong>(limit));
        Assert.True(map.As<uint, UInt128>().TryLookup(0, out UInt128 value));
        Assert.Equal(new UInt128(ulong.MaxValue, 1), value);
        Assert.Throws<InvalidOperationException>(() => variables.Read<uint>(limit));
    }

    private static MapSpec DataSpec(string name, MapContent content, byte[]? initial) => new(name)
    {
        Type = BpfMapType.Array,
        KeySize = 4,
        ValueSize = 16,
        MaxEntries = 1,
        Content = content,
        InitialValue = initial,
        Variables = new Dictionary<string, VariableSpec>(StringComparer.Ordinal)
        {
            ["flag"] = new("flag", 0, 1, BtfTypeId.Void),
            ["limit"] = new("limit", 8, 8, BtfTypeId.Void),
        },
    };
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Emleak.BpfLoader.Maps;
using Emleak.Tracing.Records;

namespace Emleak.Tests.Support;

/// <summary>What a running emleak has in its books for a block: bpf/blocks.h says how.</summary>
internal sealed class RecordedStacks : IDisposable
{
    private readonly BpfMap _lines;
    private readonly BpfMap _stacks;

    public RecordedStacks(int emleak)
    {
        _lines = FindMap(emleak, "lines");
        _stacks = FindMap(emleak, "stacks");
    }

    /// <summary>The call path of an outstanding block; empty when it is in no line.</summary>
    public ulong[] Of(ulong block)
    {
        ulong key = block >> 8 << 1 | (block >> 3 & 1);
        if (!_lines.As<ulong, Line>().TryLookup(key, out Line line)) return [];
        ulong cell = line[(int)(block >> 4 & 15)];
        if (cell == 0 || !_stacks.As<uint, Stack>().TryLookup((uint)(cell >> 32) - 1, out Stack stack)) return [];
        ReadOnlySpan<ulong> frames = stack.Frames;
        return frames[..(int)stack.Depth].ToArray();
    }

    public void Dispose()
    {
        _lines.Dispose();
        _stacks.Dispose();
    }

    private static BpfMap FindMap(int owner, string name)
    {
        foreach (string file in Directory.GetFiles($"/proc/{owner}/fdinfo"))
        {
            string? id = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("map_id:", StringComparison.Ordinal));
            if (id is null) continue;
            BpfMap map = BpfMap.OpenById(uint.Parse(id["map_id:".Length..], CultureInfo.InvariantCulture));
            if (map.Name == name) return map;
            map.Dispose();
        }

        throw new InvalidOperationException($"process {owner} has no map '{name}'");
    }

    [InlineArray(16)]
    private struct Line
    {
        private ulong _cell;
    }
}

using System.Runtime.CompilerServices;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.Tracing.Records;

namespace Emleak.Tracing.Unwinding;

/// <summary>Where the process's code is, as the programs see it: replaced as a whole.</summary>
internal static class CodeMap
{
    // Above every address, and far enough from them that the programs can tell which is greater by a difference's sign.
    private const ulong Nowhere = 1UL << 62;

    /// <summary>How many mappings fit.</summary>
    public const int Capacity = (int)UnwindLimits.MaxCodeMappings;

    /// <summary>Makes these the process's mappings from now on.</summary>
    /// <param name="current">The map whose only entry is the code map in force.</param>
    /// <param name="mappings">Ascending, at most <see cref="Capacity"/>.</param>
    /// <param name="generation">Unlike that of any code map before.</param>
    /// <exception cref="BpfLoader.BpfException">The kernel refuses.</exception>
    public static void Replace(BpfMap current, ReadOnlySpan<CodeMapping> mappings, ulong generation)
    {
        using BpfMap map = BpfMap.Create(new MapSpec("code_map")
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (uint)Unsafe.SizeOf<Code>(),
            MaxEntries = 1,
            Flags = Mappable,
        });
        // On the stack: the runtime makes no arrays of values of more than 64 KB.
        Code code = new() { Generation = generation };
        Span<CodeMapping> all = code.Mappings;
        mappings.CopyTo(all);
        all[mappings.Length..].Fill(new CodeMapping { Start = Nowhere });
        using (MappedArray<Code> memory = map.MapMemory<Code>()) memory.Write(0, code);
        current.AsMapOfMaps<uint>().Update(0, map);
    }

    // BPF_F_MMAPABLE.
    private const uint Mappable = 0x400;
}

using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>Fills in the descriptors of the maps that a program uses.</summary>
internal static class MapPatch
{
    // Pseudo source registers of 64-bit loads: BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE of linux/bpf.h.
    private const byte MapDescriptor = 1;
    private const byte MapValueAddress = 2;

    public static void Apply(ProgramSpec program, BpfInstruction[] instructions, IReadOnlyDictionary<string, BpfMap> maps)
    {
        foreach (MapReference reference in program.MapReferences)
        {
            if (!maps.TryGetValue(reference.MapName, out BpfMap? map))
                throw new BpfException($"program '{program.Name}' uses map '{reference.MapName}', which the object does not have");
            ref BpfInstruction load = ref instructions[reference.Instruction];
            load.Source = reference.IsValue ? MapValueAddress : MapDescriptor;
            load.Immediate = map.FileDescriptor;
        }
    }
}

using Emleak.BpfLoader.Abi;
using Emleak.Elf;

namespace Emleak.BpfLoader.Object;

/// <summary>
/// The place of a map's initial values in the section of the maps. The compiler leaves an 8-byte pointer for each, and a
/// relocation for those that are not null.
/// </summary>
internal sealed record MapSlots(MapSpec Map, ulong Start, ulong End)
{
    private const ulong PointerSize = 8;

    /// <summary>Gives the maps the values that the section's relocations tell.</summary>
    /// <param name="file">The object.</param>
    /// <param name="section">The section of the maps.</param>
    /// <param name="all">The maps that have values.</param>
    /// <param name="places">Names of maps by their places in the section.</param>
    public static void Fill(ObjectFile file, ElfSection section, List<MapSlots> all, Dictionary<ulong, string> places)
    {
        all.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        ulong[] starts = [.. all.Select(static slots => slots.Start)];
        Dictionary<MapSpec, List<MapSlot>> values = new(ReferenceEqualityComparer.Instance);
        foreach ((int slot, ObjectRelocation relocation) in file.ReadRelocations(section).OrderBy(static row => row.Key))
        {
            ulong offset = (ulong)slot * PointerSize;
            int found = Array.BinarySearch(starts, offset);
            int before = found >= 0 ? found : ~found - 1;
            if (before < 0 || offset >= all[before].End || (offset - starts[before]) % PointerSize != 0 || relocation.Type != ObjectRelocation.Address)
            {
                throw new MalformedDataException(section.Name, (long)offset, "an address that is no initial value of a map");
            }

            MapSlots slots = all[before];
            string target = slots.TargetOf(file, section, relocation, offset, places);
            if (!values.TryGetValue(slots.Map, out List<MapSlot>? list)) slots.Map.InitialSlots = values[slots.Map] = list = [];
            list.Add(new MapSlot((uint)((offset - slots.Start) / PointerSize), target));
        }
    }

    private string TargetOf(ObjectFile file, ElfSection section, ObjectRelocation relocation, ulong offset, Dictionary<ulong, string> places)
    {
        ObjectSymbol symbol = file.Symbols[relocation.Symbol];
        if (Map.Type == BpfMapType.ProgArray)
        {
            return symbol.Kind == ElfSymbolKind.Function
                ? symbol.Name : throw new MalformedDataException(section.Name, (long)offset, $"{Map.Name} starts with {symbol.Name}, which is no program");
        }

        ByteReader addend = file.GetReader(section);
        addend.Position = (int)offset;
        ulong place = unchecked(symbol.Offset + addend.ReadU64());
        return symbol.Section == section.Index && places.TryGetValue(place, out string? name)
            ? name : throw new MalformedDataException(section.Name, (long)offset, $"{Map.Name} starts with {symbol.Name}, which is no map");
    }
}

using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Maps that an object shares with others by pinning them by name.</summary>
internal static class PinnedMaps
{
    private const int MostAttempts = 3;

    /// <summary>Makes a map; one that asks to be pinned is looked for first, and pinned if it was not there.</summary>
    /// <exception cref="BpfException">The pinned map is different from the declared one, or the kernel refuses.</exception>
    public static BpfMap OpenOrCreate(MapSpec spec, BpfHandle? btf, string folder)
    {
        if (!spec.IsPinnedByName) return MapCreation.Create(spec, btf);
        string path = Path.Combine(folder, spec.Name);
        for (int attempt = 1; ; attempt++)
        {
            if (File.Exists(path)) return Open(spec, path);
            BpfMap map = MapCreation.Create(spec, btf);
            try
            {
                map.Pin(path);
                return map;
            }
            catch (BpfException e) when (e.ErrorNumber == (int)Errno.Exists && attempt < MostAttempts)
            {
                // Somebody else was faster.
                map.Dispose();
            }
            catch
            {
                map.Dispose();
                throw;
            }
        }
    }

    private static BpfMap Open(MapSpec spec, string path)
    {
        BpfHandle handle = KernelObject.Map.OpenPinned(path);
        uint maxEntries = MapCreation.MaxEntriesOf(spec);
        uint flags = MapCreation.FlagsOf(spec);
        BpfMap map = new(spec, maxEntries, flags, handle);
        try
        {
            MapInfo info = map.GetInfo();
            MapInfo wanted = info with
            {
                Type = spec.Type,
                KeySize = (int)spec.KeySize,
                ValueSize = (int)spec.ValueSize,
                MaxEntries = maxEntries,
                Flags = flags,
            };
            return info == wanted ? map : throw new BpfException($"the map pinned to {path} is not as the object declares it: {info}, not {wanted}");
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }
}

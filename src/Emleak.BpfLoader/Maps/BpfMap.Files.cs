using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Finding maps by file and by number.</summary>
public sealed partial class BpfMap
{
    private BpfMap(BpfHandle handle)
    {
        Handle = handle;
        try
        {
            MapInfo info = Ask(handle, "an opened map");
            Name = info.Name;
            Type = info.Type;
            KeySize = info.KeySize;
            ValueSize = info.ValueSize;
            MaxEntries = info.MaxEntries;
            Flags = info.Flags;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The numbers of all maps of the system. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">The caller may not ask.</exception>
    public static IEnumerable<uint> Ids => KernelObject.Map.Ids();

    /// <summary>Opens a map that is pinned. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">There is no such file, or no map is pinned to it.</exception>
    public static BpfMap OpenPinned(string path) => new(KernelObject.Map.OpenPinned(path));

    /// <summary>Opens any map of the system by its number. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">There is none, or the caller may not.</exception>
    public static BpfMap OpenById(uint id) => new(KernelObject.Map.OpenById(id));

    /// <summary>
    /// Gives the map a file in a BPF file system, which keeps it in the kernel until the file is deleted. Since kernel 4.4.
    /// </summary>
    /// <exception cref="BpfException">The file exists, or its folder is not in a BPF file system.</exception>
    public void Pin(string path) => KernelObject.Pin(Handle, ToString(), path);

    /// <summary>What the kernel knows of the map. Since kernel 4.13.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public MapInfo GetInfo() => Ask(Handle, ToString());

    private static MapInfo Ask(BpfHandle map, string description)
    {
        BpfMapInfo info = default;
        KernelObject.Describe(map, description, ref info);
        return new MapInfo(
            info.Id,
            (BpfMapType)info.Type,
            KernelObject.Text(info.Name),
            (int)info.KeySize,
            (int)info.ValueSize,
            info.MaxEntries,
            info.MapFlags,
            info.MapExtra);
    }
}

using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Errors of map operations, with what they mean for maps.</summary>
internal static class MapError
{
    /// <summary>True when an operation has found its key, false when there is none.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static bool Found(BpfMap map, string doing, Errno errno) => errno switch
    {
        Errno.None => true,
        Errno.NoEntry => false,
        _ => throw For(map, doing, errno),
    };

    /// <summary>True when an entry has been written, false when the mode forbids it.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static bool Written(BpfMap map, MapUpdateMode mode, Errno errno) => (errno, mode) switch
    {
        (Errno.None, _) => true,
        (Errno.Exists, MapUpdateMode.NoExist) or (Errno.NoEntry, MapUpdateMode.Exist) => false,
        _ => throw For(map, "write", errno),
    };

    public static BpfException For(BpfMap map, string doing, Errno errno) => new($"{doing} {map}", errno, errno switch
    {
        Errno.TooBig => $"the map is full: it holds {map.MaxEntries} entries",
        Errno.NotPermitted => "the map is frozen, or was made read-only",
        Errno.NotSupported or Errno.NotSupportedByKernel => "maps of this type cannot do this",
        _ => null,
    });
}

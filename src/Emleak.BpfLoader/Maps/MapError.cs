using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>Errors of map operations, with what they mean for maps.</summary>
internal static class MapError
{
    public static BpfException For(BpfMap map, string doing, Errno errno) => new($"{doing} {map}", errno, errno switch
    {
        Errno.TooBig => $"the map is full: it holds {map.MaxEntries} entries",
        Errno.NotPermitted => "the map is frozen, or was made read-only",
        Errno.NotSupported or Errno.NotSupportedByKernel => "maps of this type cannot do this",
        _ => null,
    });
}

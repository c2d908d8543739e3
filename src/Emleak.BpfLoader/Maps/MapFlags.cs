namespace Emleak.BpfLoader.Maps;

/// <summary>Flags of map creation (<c>BPF_F_*</c> of linux/bpf.h, an enum without a name).</summary>
internal static class MapFlags
{
    public const uint NoPreallocation = 1u << 0;
    public const uint StacksWithBuildIds = 1u << 5;
    public const uint ReadOnlyForPrograms = 1u << 7;
    public const uint MemoryMappable = 1u << 10;
    public const uint Link = 1u << 13;
    public const uint ValueTypeOfModule = 1u << 15;
    public const uint InnerMap = 1u << 12;
}

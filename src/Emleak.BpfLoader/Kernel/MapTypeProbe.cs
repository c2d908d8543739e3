using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>The least map of every type.</summary>
internal static unsafe class MapTypeProbe
{
    // struct bpf_cgroup_storage_key and the prefix length with four bytes of data of a trie.
    private const uint CgroupKeySize = 16;
    private const uint TrieKeySize = 8;

    public static FeatureSupport Of(BpfMapType type)
    {
        Errno errno = Create(type, out BpfHandle? map);
        map?.Dispose();
        return errno switch
        {
            // Of a known type, which has nothing of the kernel's that it could hold.
            Errno.NotSupportedByKernel => FeatureSupport.Yes,
            // A processor or a configuration without it.
            Errno.NotSupported => FeatureSupport.No,
            _ => KernelFeatures.AnswerFrom(errno, no: Errno.Invalid),
        };
    }

    private static Errno Create(BpfMapType type, out BpfHandle? map)
    {
        switch (type)
        {
            case BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage:
                return MapProbe.CreateStorage(type, out map);
            case BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps:
                return CreateOuter(type, out map);
            default:
                BpfAttr attr = Describe(type);
                return BpfSyscall.CreateMap(&attr, out map);
        }
    }

    private static Errno CreateOuter(BpfMapType type, out BpfHandle? map)
    {
        map = null;
        BpfAttr attr = Describe(BpfMapType.Array);
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? inner);
        if (inner is null) return errno;
        using (inner)
        using (BpfHandle.Lease lease = inner.Borrow())
        {
            attr = Describe(type);
            attr.InnerMapFd = lease.Descriptor;
            return BpfSyscall.CreateMap(&attr, out map);
        }
    }

    private static BpfAttr Describe(BpfMapType type)
    {
        (uint key, uint value, uint entries, uint flags) = type switch
        {
            BpfMapType.StackTrace => (4u, 8u, 1u, 0u),
            BpfMapType.LpmTrie => (TrieKeySize, 8u, 1u, MapFlags.NoPreallocation),
            BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage => (CgroupKeySize, 8u, 0u, 0u),
            BpfMapType.Queue or BpfMapType.Stack or BpfMapType.BloomFilter => (0u, 4u, 1u, 0u),
            BpfMapType.Ringbuf or BpfMapType.UserRingbuf => (0u, 0u, (uint)Environment.SystemPageSize, 0u),
            BpfMapType.Arena => (0u, 0u, 1u, MapFlags.MemoryMappable),
            _ => (4u, 4u, 1u, 0u),
        };
        BpfAttr attr = default;
        attr.MapType = (uint)type;
        attr.KeySize = key;
        attr.ValueSize = value;
        attr.MaxEntries = entries;
        attr.MapFlags = flags;
        // Any type will do: one that is no kernel structure for programs is refused by name (ENOTSUPP).
        if (type == BpfMapType.StructOps) attr.BtfVmlinuxValueTypeId = 1;
        return attr;
    }
}

using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>Tiny maps, made to learn whether they can be.</summary>
internal static unsafe class MapProbe
{
    // Enumerators without a type in linux/bpf.h.
    private const ulong StorageGetCreate = 1;

    public static FeatureSupport Array(uint flags)
    {
        BpfAttr attr = Describe(BpfMapType.Array);
        attr.MapFlags = flags;
        return Make(&attr);
    }

    public static FeatureSupport RingBuffer()
    {
        BpfAttr attr = default;
        attr.MapType = (uint)BpfMapType.Ringbuf;
        attr.MaxEntries = (uint)Environment.SystemPageSize;
        return Make(&attr);
    }

    /// <summary>An empty hash map ends the first batch (ENOENT), where there are batches.</summary>
    public static FeatureSupport Batches()
    {
        BpfAttr attr = Describe(BpfMapType.Hash);
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? map);
        if (map is null) return KernelFeatures.AnswerFrom(errno, no: Errno.None);
        using (map)
        {
            ulong next, value;
            uint key, count = 1;
            errno = BpfSyscall.LookupBatch(map, delete: false, null, &next, &key, &value, ref count);
            return errno == Errno.NoEntry ? FeatureSupport.Yes : KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
        }
    }

    /// <summary>Storage at tasks, and its use by a program that probes.</summary>
    public static FeatureSupport TaskStorage()
    {
        if (KernelFeatures.ProgramBtf.Probe() is var types and not FeatureSupport.Yes) return types;
        Errno errno = CreateStorage(BpfMapType.TaskStorage, out BpfHandle? map);
        if (map is null) return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
        using (map) return UseStorage(map);
    }

    /// <summary>Storage at objects of the kernel, which the kernel wants the types of.</summary>
    public static Errno CreateStorage(BpfMapType type, out BpfHandle? map)
    {
        map = null;
        Errno errno = BtfProbe.LoadInteger(out BpfHandle? btf);
        if (btf is null) return errno;
        using (btf)
        using (BpfHandle.Lease btfLease = btf.Borrow())
        {
            BpfAttr attr = default;
            attr.MapType = (uint)type;
            attr.KeySize = sizeof(uint);
            attr.ValueSize = sizeof(uint);
            attr.MapFlags = MapFlags.NoPreallocation;
            attr.BtfFd = btfLease.Descriptor;
            attr.BtfKeyTypeId = BtfProbe.IntegerType;
            attr.BtfValueTypeId = BtfProbe.IntegerType;
            return BpfSyscall.CreateMap(&attr, out map);
        }
    }

    private static FeatureSupport UseStorage(BpfHandle map)
    {
        using BpfHandle.Lease lease = map.Borrow();
        BpfInstruction[] code =
        [
            ProbeCode.Call(BpfFunctionId.GetCurrentTaskBtf),
            .. ProbeCode.LoadMap(1, lease.Descriptor),
            ProbeCode.Copy(2, 0),
            ProbeCode.Set(3, 0),
            ProbeCode.Set(4, (int)StorageGetCreate),
            ProbeCode.Call(BpfFunctionId.TaskStorageGet),
            .. ProbeCode.Trivial,
        ];
        Errno errno = ProbeCode.Load(BpfProgramType.Kprobe, default, code, [], out BpfHandle? program);
        program?.Dispose();
        return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }

    private static BpfAttr Describe(BpfMapType type)
    {
        BpfAttr attr = default;
        attr.MapType = (uint)type;
        attr.KeySize = sizeof(uint);
        attr.ValueSize = sizeof(ulong);
        attr.MaxEntries = 1;
        return attr;
    }

    private static FeatureSupport Make(BpfAttr* attr)
    {
        Errno errno = BpfSyscall.CreateMap(attr, out BpfHandle? map);
        map?.Dispose();
        return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
    }
}

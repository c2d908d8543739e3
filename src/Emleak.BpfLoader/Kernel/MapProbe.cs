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
    private const ulong OnlyReplace = 2;

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

    /// <summary>A map of maps like one map, and another of another size offered to it.</summary>
    public static FeatureSupport InnerMapsOfAnySize()
    {
        BpfAttr attr = Describe(BpfMapType.Hash);
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? like);
        if (like is null) return KernelFeatures.AnswerFrom(errno, no: Errno.None);
        using (like)
        using (BpfHandle.Lease likeLease = like.Borrow())
        {
            attr.MaxEntries++;
            errno = BpfSyscall.CreateMap(&attr, out BpfHandle? other);
            if (other is null) return KernelFeatures.AnswerFrom(errno, no: Errno.None);
            using (other) return OfferToMapOf(likeLease.Descriptor, other);
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

    /// <summary>
    /// To replace an entry that is not there: the inner map is looked at first, and nothing is changed, which would make the
    /// kernel wait for all programs that might see the old entry (maybe_wait_bpf_programs).
    /// </summary>
    private static FeatureSupport OfferToMapOf(uint like, BpfHandle other)
    {
        BpfAttr attr = Describe(BpfMapType.HashOfMaps);
        attr.ValueSize = sizeof(uint);
        attr.InnerMapFd = like;
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? outer);
        if (outer is null) return KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
        using (outer)
        using (BpfHandle.Lease lease = other.Borrow())
        {
            uint key = 0, descriptor = lease.Descriptor;
            errno = BpfSyscall.UpdateElement(outer, &key, &descriptor, OnlyReplace);
            return errno == Errno.NoEntry ? FeatureSupport.Yes : KernelFeatures.AnswerFrom(errno, no: Errno.Invalid);
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

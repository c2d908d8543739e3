using System.Numerics;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>From a map's specification to a map in the kernel.</summary>
internal static unsafe class MapCreation
{
    /// <param name="spec">What to make.</param>
    /// <param name="btf">The object's BTF in the kernel, which the spec's type numbers refer to; null: without types.</param>
    public static BpfMap Create(MapSpec spec, BpfHandle? btf)
    {
        uint flags = FlagsOf(spec);
        MaskedKernel.Check(spec, flags);
        uint maxEntries = MaxEntriesOf(spec);
        // The kernel looks at the inner map only while it makes the outer one.
        using BpfMap? inner = spec.InnerMap is null ? null : Create(spec.InnerMap, btf);
        Errno errno = TryCreate(spec, maxEntries, flags, btf, inner, out BpfHandle? handle);
        // Not every type of map takes types for its key and value; the kernel then says so with these.
        if (errno is Errno.NotSupportedByKernel or Errno.Invalid && btf is not null)
            errno = TryCreate(spec, maxEntries, flags, btf: null, inner, out handle);
        if (handle is null) throw Refusal(spec, errno);
        BpfMap map = new(spec, maxEntries, flags, handle);
        try
        {
            FillData(map, spec);
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Flags that a map gets: the declared ones and those of variables, without what this kernel does not have.</summary>
    public static uint FlagsOf(MapSpec spec)
    {
        uint flags = spec.Flags;
        if (spec.Content is MapContent.Data or MapContent.ZeroData && KernelFeatures.MappableArrays.Probe() == FeatureSupport.Yes) flags |= MapFlags.MemoryMappable;
        // An array does without: its values are then read by calls.
        if ((flags & MapFlags.MemoryMappable) != 0 && spec.Type == BpfMapType.Array && KernelFeatures.MappableArrays.Probe() == FeatureSupport.No)
            flags &= ~MapFlags.MemoryMappable;
        if (spec.Content != MapContent.ReadOnlyData) return flags;
        // Without: programs have the constants in their instructions (DataByLookup).
        return KernelFeatures.GlobalData.Probe() == FeatureSupport.No ? flags & ~MapFlags.ReadOnlyForPrograms : flags | MapFlags.ReadOnlyForPrograms;
    }

    /// <summary>The size that a map gets: the declared one, or one that this machine decides.</summary>
    public static uint MaxEntriesOf(MapSpec spec) => spec.Type switch
    {
        // An object cannot know how many CPUs there are, nor how large a page is.
        BpfMapType.PerfEventArray when spec.MaxEntries == 0 => (uint)PossibleCpus.Count,
        BpfMapType.Ringbuf or BpfMapType.UserRingbuf => BitOperations.RoundUpToPowerOf2(Math.Max(spec.MaxEntries, (uint)Environment.SystemPageSize)),
        _ => spec.MaxEntries,
    };

    private static Errno TryCreate(MapSpec spec, uint maxEntries, uint flags, BpfHandle? btf, BpfMap? inner, out BpfHandle? handle)
    {
        BpfAttr attr = default;
        attr.MapType = (uint)spec.Type;
        attr.KeySize = spec.KeySize;
        attr.ValueSize = spec.ValueSize;
        attr.MaxEntries = maxEntries;
        attr.MapFlags = flags;
        attr.MapExtra = spec.Extra;
        attr.NumaNode = spec.NumaNode ?? 0;
        attr.InnerMapFd = (uint)(inner?.FileDescriptor ?? 0);
        KernelName.Write(spec.KernelName, attr.MapName);
        if (btf is null || (spec.KeyType == default && spec.ValueType == default)) return BpfSyscall.CreateMap(&attr, out handle);
        using BpfHandle.Lease lease = btf.Borrow();
        attr.BtfFd = lease.Descriptor;
        attr.BtfKeyTypeId = spec.KeyType.Value;
        attr.BtfValueTypeId = spec.ValueType.Value;
        return BpfSyscall.CreateMap(&attr, out handle);
    }

    private static void FillData(BpfMap map, MapSpec spec)
    {
        if (spec.Content == MapContent.Declared) return;
        if (spec.InitialValue is byte[] value && spec.Content != MapContent.ZeroData) WriteValue(map, value);
        if (spec.Content != MapContent.ReadOnlyData || (map.Flags & MapFlags.ReadOnlyForPrograms) == 0) return;
        // The verifier takes values of frozen maps as constants, and drops the branches that they exclude.
        map.Freeze();
    }

    private static void WriteValue(BpfMap map, byte[] value)
    {
        if (value.Length != map.ValueSize)
            throw new BpfException($"{map} has values of {map.ValueSize} bytes, but is to start with {value.Length} bytes");
        uint key = 0;
        fixed (byte* pointer = value)
        {
            Errno errno = BpfSyscall.UpdateElement(map.Handle, &key, pointer, flags: 0);
            if (errno != Errno.None) throw MapError.For(map, "write the initial value of", errno);
        }
    }

    private static BpfException Refusal(MapSpec spec, Errno errno)
    {
        return errno == Errno.Invalid && spec.Type == BpfMapType.Ringbuf && KernelFeatures.RingBuffers.Probe() == FeatureSupport.No
            ? new FeatureNotSupportedException(KernelFeatures.RingBuffers)
            : new BpfException($"create {spec.Type} map '{spec.Name}'", errno, AdviceFor(spec, errno));
    }

    private static string? AdviceFor(MapSpec spec, Errno errno) => errno switch
    {
        Errno.Invalid => $"key of {spec.KeySize} bytes, value of {spec.ValueSize}, {spec.MaxEntries} entries, flags 0x{spec.Flags:x}: " +
            "the type does not take these, or the kernel does not know the type",
        Errno.TooBig or Errno.OutOfMemory => $"{spec.MaxEntries} entries of {spec.KeySize} + {spec.ValueSize} bytes",
        _ => LoadAdvice.For(errno),
    };
}

using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// A structure of functions that the kernel calls, of which some are programs. Its layout is the kernel's: members are found by name.
/// </summary>
internal sealed unsafe class StructOps
{
    // The kernel's map has the structure in another one, behind its own fields.
    private const string ValuePrefix = "bpf_struct_ops_";

    private readonly BtfTypes _local;
    private readonly BtfType _structure;
    private readonly KernelTypes.Found _kernel;
    private readonly KernelTypes.Found _value;
    private readonly uint _start;

    private StructOps(MapSpec map, BtfTypes local, in KernelTypes.Found kernel, in KernelTypes.Found value)
    {
        Map = map;
        _local = local;
        _structure = local[map.ValueType];
        _kernel = kernel;
        _value = value;
        _start = StartIn(value, kernel.Type.Id) ?? throw Missing();
    }

    public MapSpec Map { get; }

    /// <summary>The kernel's type of the structure.</summary>
    public KernelTypes.Found Kernel => _kernel;

    /// <exception cref="BpfException">The kernel has no such structure.</exception>
    public static StructOps Resolve(BtfTypes local, MapSpec map, KernelTypes types)
    {
        string name = System.Text.Encoding.UTF8.GetString(BtfNames.WithoutFlavour(local.GetString(local[map.ValueType].NameOffset)));
        KernelTypes.Found? kernel = types.Find(name, BtfKind.Struct);
        KernelTypes.Found? value = types.Find(ValuePrefix + name, BtfKind.Struct);
        return kernel is { } one && value is { } outer ? new StructOps(map, local, one, outer)
            : throw new BpfException($"cannot create map '{map.Name}': the kernel has no structure of functions '{name}'");
    }

    /// <summary>The place of the member that a program is for, in the kernel's type; null when it is for none.</summary>
    public int? MemberOf(string program)
    {
        foreach (MapSlot slot in Map.InitialSlots)
        {
            if (slot.Target == program) return FindMember(_local.GetMember(_structure, (int)slot.Index), out _) ?? throw Missing(slot.Index);
        }

        return null;
    }

    /// <summary>Makes the map.</summary>
    /// <param name="btf">The object's types in the kernel, which it wants although it does not look at them.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfMap Create(BpfHandle btf)
    {
        using BpfHandle.Lease lease = btf.Borrow();
        BpfAttr attr = default;
        attr.MapType = (uint)BpfMapType.StructOps;
        attr.KeySize = Map.KeySize;
        attr.ValueSize = _value.Type.Size;
        attr.MaxEntries = 1;
        attr.MapFlags = Map.Flags;
        attr.BtfFd = lease.Descriptor;
        attr.BtfVmlinuxValueTypeId = _value.Type.Id.Value;
        if (_value.Module is { } module)
        {
            attr.MapFlags |= MapFlags.ValueTypeOfModule;
            attr.ValueTypeBtfObjFd = (int)module.Handle.Descriptor;
        }

        KernelName.Write(Map.Name, attr.MapName);
        Errno errno = BpfSyscall.CreateMap(&attr, out BpfHandle? handle);
        if (handle is null) throw new BpfException($"create StructOps map '{Map.Name}'", errno, errno == Errno.Invalid ? "needs Linux 5.6, and 6.4 for .struct_ops.link" : LoadAdvice.For(errno));
        return new BpfMap(Map, 1, attr.MapFlags, handle);
    }

    /// <summary>
    /// Prepares the value that the map gets when it is attached. The kernel judges it then and only then: whoever loads an object need not
    /// want all of its structures.
    /// </summary>
    /// <exception cref="BpfException">The kernel's structure lacks what the object's has, or a program is not loaded.</exception>
    public void Complete(BpfMap map, IReadOnlyDictionary<string, BpfProgram> programs)
    {
        byte[] value = new byte[_value.Type.Size];
        List<(int Offset, BpfProgram Program)> functions = [];
        for (int i = 0; i < _structure.Count; i++) CopyMember(i, value);
        foreach (MapSlot slot in Map.InitialSlots)
        {
            if (FindMember(_local.GetMember(_structure, (int)slot.Index), out BtfMember to) is null) throw Missing(slot.Index);
            if (!programs.TryGetValue(slot.Target, out BpfProgram? program)) throw new BpfException($"{map} is to start with '{slot.Target}', which is not loaded");
            functions.Add(((int)(_start + to.ByteOffset), program));
        }

        map.Structure = new StructOpsValue(value, functions);
    }

    private void CopyMember(int index, byte[] value)
    {
        BtfMember from = _local.GetMember(_structure, index);
        ReadOnlySpan<byte> data = Map.InitialValue.AsSpan((int)from.ByteOffset, (int)_local.SizeOf(from.Type));
        if (data.IndexOfAnyExcept((byte)0) < 0) return;
        // What is zero may be missing in the kernel, which then knows nothing of it.
        if (FindMember(from, out BtfMember to) is null) throw Missing((uint)index);
        if (_kernel.Types.SizeOf(to.Type) != (uint)data.Length || from.BitSize != 0 || to.BitSize != 0)
            throw new BpfException($"cannot fill map '{Map.Name}': {_local.GetText(from.NameOffset)} is of another size in the kernel, or a bit field");
        data.CopyTo(value.AsSpan((int)(_start + to.ByteOffset)));
    }

    private int? FindMember(in BtfMember local, out BtfMember member)
    {
        ReadOnlySpan<byte> name = _local.GetString(local.NameOffset);
        for (int i = 0; i < _kernel.Type.Count; i++)
        {
            member = _kernel.Types.GetMember(_kernel.Type, i);
            if (_kernel.Types.GetString(member.NameOffset).SequenceEqual(name)) return i;
        }

        member = default;
        return null;
    }

    private static uint? StartIn(in KernelTypes.Found value, BtfTypeId structure)
    {
        for (int i = 0; i < value.Type.Count; i++)
        {
            BtfMember member = value.Types.GetMember(value.Type, i);
            if (member.Type == structure) return (uint)member.ByteOffset;
        }

        return null;
    }

    private BpfException Missing(uint member) => new($"cannot use map '{Map.Name}': the kernel's {_kernel.Types.GetName(_kernel.Type)} has no "
        + $"'{_local.GetText(_local.GetMember(_structure, (int)member).NameOffset)}'");

    private BpfException Missing() => new($"cannot create map '{Map.Name}': the kernel's {_value.Types.GetName(_value.Type)} is of another form than known");
}

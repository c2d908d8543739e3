using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>
/// The maps by which programs that include libbpf's usdt.bpf.h find their arguments: a specification for each set of places, whose number the program
/// gets as its cookie, or from another map by its address. How a specification is laid out, which differs between libbpf's versions, the object's types say.
/// </summary>
internal sealed unsafe class UsdtSpecs
{
    /// <summary>The map of specifications.</summary>
    public const string SpecsName = "__bpf_usdt_specs";

    /// <summary>The map of their numbers by address, for kernels without cookies.</summary>
    public const string AddressesName = "__bpf_usdt_ip_to_spec_id";

    private readonly BpfMap _specs;
    private readonly BpfMap? _addresses;
    private readonly BtfTypes _types;
    private readonly BtfType _layout;
    private readonly Lock _lock = new();
    private readonly Stack<uint> _free = new();
    private uint _next;

    public UsdtSpecs(MapSpec spec, BtfTypes types, IReadOnlyDictionary<string, BpfMap> maps)
    {
        _specs = maps[spec.Name];
        _addresses = maps.GetValueOrDefault(AddressesName);
        _types = types;
        _layout = types.Resolve(spec.ValueType);
    }

    /// <summary>Writes a specification; gives its number.</summary>
    /// <exception cref="BpfException">The map is full, or cannot hold such arguments.</exception>
    public uint Add(ReadOnlySpan<UsdtArgument> arguments, ulong cookie)
    {
        byte[] value = Describe(arguments, cookie);
        uint id;
        lock (_lock)
        {
            if (!_free.TryPop(out id)) id = _next < _specs.MaxEntries ? _next++ : throw new BpfException($"cannot attach to more USDT probes: {_specs} holds {_specs.MaxEntries}");
        }

        fixed (byte* pointer = value)
        {
            Errno errno = BpfSyscall.UpdateElement(_specs.Handle, &id, pointer, flags: 0);
            if (errno == Errno.None) return id;
            Release(id);
            throw MapError.For(_specs, "write", errno);
        }
    }

    /// <summary>A number that no attached probe uses any more.</summary>
    public void Release(uint id)
    {
        lock (_lock) _free.Push(id);
    }

    /// <summary>Says which specification is that of an address in a process.</summary>
    /// <exception cref="BpfException">The object has no map for it, or it is full.</exception>
    public void SetAddress(ulong address, uint id)
    {
        BpfMap map = _addresses ?? throw new BpfException($"the object has no map '{AddressesName}', which kernels without cookies (before 5.15) need");
        Errno errno = BpfSyscall.UpdateElement(map.Handle, &address, &id, flags: 0);
        if (errno != Errno.None) throw MapError.For(map, "write", errno);
    }

    /// <summary>Forgets an address.</summary>
    public void RemoveAddress(ulong address)
    {
        // After the end of its programs a map may be closed.
        if (_addresses is { Handle.IsClosed: false }) BpfSyscall.DeleteElement(_addresses.Handle, &address);
    }

    /// <summary>The bytes of a specification.</summary>
    internal byte[] Describe(ReadOnlySpan<UsdtArgument> arguments, ulong cookie)
    {
        byte[] value = new byte[_specs.ValueSize];
        BtfMember all = Member(_layout, "args") ?? throw Problem("has no member 'args'");
        BtfArray array = _types.Resolve(all.Type) is { Kind: BtfKind.Array } type ? _types.GetArray(type) : throw Problem("has no array 'args'");
        if ((uint)arguments.Length > array.Count) throw Problem($"holds {array.Count} arguments, not {arguments.Length}");
        BtfType element = _types.Resolve(array.Element);
        for (int i = 0; i < arguments.Length; i++)
        {
            UsdtArgument one = arguments[i];
            ulong at = all.BitOffset + ((ulong)i * _types.SizeOf(array.Element) * 8);
            Put(value, element, at, "val_off", unchecked((ulong)one.Value));
            Put(value, element, at, "arg_type", (ulong)one.Kind);
            Put(value, element, at, "reg_off", (ulong)one.Register);
            Put(value, element, at, "arg_signed", one.Size < 0 ? 1u : 0);
            Put(value, element, at, "arg_bitshift", (ulong)one.Shift);
            if (one.Kind != UsdtArgumentKind.IndexedMemory) continue;
            Put(value, element, at, "idx_reg_off", (ulong)one.Index);
            Put(value, element, at, "scale_bitshift", (ulong)one.ScaleShift);
        }

        Put(value, _layout, 0, "usdt_cookie", cookie);
        Put(value, _layout, 0, "arg_cnt", (ulong)arguments.Length);
        return value;
    }

    private void Put(byte[] into, in BtfType structure, ulong start, string name, ulong number)
    {
        BtfMember member = Member(structure, name) ?? throw Problem($"has no member '{name}': the object was compiled with a usdt.bpf.h that does not know such arguments");
        ulong first = start + member.BitOffset;
        ulong bits = member.BitSize != 0 ? (ulong)member.BitSize : _types.SizeOf(member.Type) * 8ul;
        if (bits is 0 or > 64 || first + bits > (ulong)into.Length * 8) throw Problem($"has '{name}' beyond its end");
        for (ulong bit = 0; bit < bits; bit++)
        {
            if (((number >> (int)bit) & 1) != 0) into[(first + bit) / 8] |= (byte)(1 << (int)((first + bit) % 8));
        }
    }

    private BtfMember? Member(in BtfType structure, string name)
    {
        if (structure.Kind != BtfKind.Struct) return null;
        for (int i = 0; i < structure.Count; i++)
        {
            BtfMember member = _types.GetMember(structure, i);
            if (_types.GetText(member.NameOffset) == name) return member;
        }

        return null;
    }

    private static BpfException Problem(string problem) => new($"the value of map '{SpecsName}' {problem}");
}

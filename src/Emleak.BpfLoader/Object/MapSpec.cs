using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;

namespace Emleak.BpfLoader.Object;

/// <summary>A map as the object describes it. Editable until the object is loaded.</summary>
public sealed class MapSpec
{
    /// <summary>Names a map; everything else is set by whoever parses or builds the object.</summary>
    public MapSpec(string name)
    {
        Name = name;
        KernelName = name;
    }

    /// <summary>The name in the object.</summary>
    public string Name { get; }

    /// <summary>
    /// The name that the kernel gets, which keeps 15 bytes of it. That of data maps has as much of the object's name before it as leaves
    /// room for the section's: <c>execsnoo.rodata</c>, as tools expect it.
    /// </summary>
    public string KernelName { get; set; }

    /// <summary>The kind of map.</summary>
    public BpfMapType Type { get; set; }

    /// <summary>Size of a key in bytes.</summary>
    public uint KeySize { get; set; }

    /// <summary>Size of a value in bytes.</summary>
    public uint ValueSize { get; set; }

    /// <summary>Most entries the map holds; for ring buffers the size in bytes.</summary>
    public uint MaxEntries { get; set; }

    /// <summary><c>BPF_F_*</c> flags of map creation.</summary>
    public uint Flags { get; set; }

    /// <summary>Further parameter of creation, for the kinds of map that take one (since kernel 5.16).</summary>
    public ulong Extra { get; set; }

    /// <summary>Memory node to allocate on, or null for any (<c>BPF_F_NUMA_NODE</c> is set in <see cref="Flags"/> with it).</summary>
    public uint? NumaNode { get; set; }

    /// <summary>True when the object asks for the map to be pinned by its name, so that it is shared with others.</summary>
    public bool IsPinnedByName { get; set; }

    /// <summary>BTF type of the key, or void.</summary>
    public BtfTypeId KeyType { get; set; }

    /// <summary>BTF type of the value, or void.</summary>
    public BtfTypeId ValueType { get; set; }

    /// <summary>For maps of maps: what each of the inner maps looks like. Otherwise null.</summary>
    public MapSpec? InnerMap { get; set; }

    /// <summary>
    /// For maps of maps and of programs: the entries that the map starts with. For structures of functions: the programs, by the
    /// member's place in the object's type.
    /// </summary>
    public IReadOnlyList<MapSlot> InitialSlots { get; set; } = [];

    /// <summary>
    /// False for structures of functions whose section starts with <c>?</c>: they are made, and their programs loaded, only when a
    /// caller sets this.
    /// </summary>
    public bool IsMade { get; set; } = true;

    /// <summary>What the map is made from.</summary>
    public MapContent Content { get; set; }

    /// <summary>For data maps and structures of functions: the value that the map starts with, <see cref="ValueSize"/> bytes. Otherwise null.</summary>
    public byte[]? InitialValue { get; set; }

    /// <summary>For data maps: the variables, by name. Otherwise empty.</summary>
    public IReadOnlyDictionary<string, VariableSpec> Variables { get; set; } = new Dictionary<string, VariableSpec>(StringComparer.Ordinal);
}

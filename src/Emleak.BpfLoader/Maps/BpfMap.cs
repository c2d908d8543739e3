using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Maps;

/// <summary>A map in the kernel. It lives until the last of its owners, programs and file descriptors is gone.</summary>
public sealed partial class BpfMap : IDisposable
{
    internal BpfMap(MapSpec spec, uint maxEntries, uint flags, BpfHandle handle)
    {
        Name = spec.Name;
        Type = spec.Type;
        KeySize = (int)spec.KeySize;
        ValueSize = (int)spec.ValueSize;
        MaxEntries = maxEntries;
        Flags = flags;
        Handle = handle;
    }

    /// <summary>The name in the object; the kernel keeps 15 bytes of it.</summary>
    public string Name { get; }

    /// <summary>The kind of map.</summary>
    public BpfMapType Type { get; }

    /// <summary>Size of a key in bytes.</summary>
    public int KeySize { get; }

    /// <summary>Size of a value in bytes.</summary>
    public int ValueSize { get; }

    /// <summary>Most entries the map holds; for ring buffers the size in bytes.</summary>
    public uint MaxEntries { get; }

    /// <summary>The <c>BPF_F_*</c> flags that the map was made with.</summary>
    public uint Flags { get; }

    /// <summary>The file descriptor. This object owns it.</summary>
    public int FileDescriptor => Handle.Descriptor;

    internal BpfHandle Handle { get; }

    /// <summary>For structures of functions of a loaded object: what they are attached with.</summary>
    internal StructOpsValue? Structure { get; set; }

    /// <summary>
    /// Makes a map that no object declares. The caller disposes it. Key and value have no BTF, and nothing is pinned.
    /// </summary>
    /// <exception cref="BpfException">The kernel refuses; sizes that do not fit the type are the usual reason.</exception>
    public static BpfMap Create(MapSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return MapCreation.Create(spec, btf: null);
    }

    /// <summary>
    /// Forbids user space to write to the map from now on; programs still may, unless it was made with <c>BPF_F_RDONLY_PROG</c>.
    /// Since kernel 5.2.
    /// </summary>
    /// <exception cref="BpfException">The kernel refuses; EBUSY: the map is mapped into memory for writing.</exception>
    public void Freeze()
    {
        Errno errno = BpfSyscall.FreezeMap(Handle);
        if (errno != Errno.None) throw MapError.For(this, "freeze", errno);
    }

    /// <summary>
    /// Lets the kernel use the structure of functions that the map is, until the link is disposed: a variable of <c>.struct_ops.link</c>,
    /// since kernel 6.4, or of <c>.struct_ops</c>, since 5.6, whose link cannot be pinned.
    /// </summary>
    /// <exception cref="InvalidOperationException">The map is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses; EINVAL: the structure lacks a function that it must have.</exception>
    public BpfLink Attach() => StructOpsAttachment.Attach(this);

    /// <summary>Closes the file descriptor.</summary>
    public void Dispose() => Handle.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Type} map '{Name}'";
}

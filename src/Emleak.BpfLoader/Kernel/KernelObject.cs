using System.Text;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Kernel;

/// <summary>A kind of object in the kernel: how its objects are found by file or by number.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="DescriptorName">The end of what /proc/self/fd calls its descriptors: <c>bpf-link</c>, <c>bpf_link</c>.</param>
/// <param name="OpenCommand">Opens one by its number.</param>
/// <param name="NextCommand">Goes from number to number.</param>
internal sealed record KernelObject(string Name, string DescriptorName, BpfCmd OpenCommand, BpfCmd NextCommand)
{
    public static KernelObject Map { get; } = new("map", "map", BpfCmd.MapGetFdById, BpfCmd.MapGetNextId);

    public static KernelObject Program { get; } = new("program", "prog", BpfCmd.ProgGetFdById, BpfCmd.ProgGetNextId);

    public static KernelObject Link { get; } = new("link", "link", BpfCmd.LinkGetFdById, BpfCmd.LinkGetNextId);

    /// <summary>Opens what is pinned to a file.</summary>
    /// <exception cref="BpfException">There is no such file, it is none of the kernel's, or another kind of object is pinned to it.</exception>
    public BpfHandle OpenPinned(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Errno errno = BpfSyscall.OpenPinned(Encoding.UTF8.GetBytes(path + '\0'), out BpfHandle? handle);
        if (handle is null)
        {
            throw new BpfException($"open the {Name} pinned to {path}", errno, errno switch
            {
                Errno.AccessDenied or Errno.Invalid => "the file is not in a BPF file system, or may not be read and written",
                _ => LoadAdvice.For(errno),
            });
        }

        if (File.ResolveLinkTarget($"/proc/self/fd/{handle.Descriptor}", returnFinalTarget: false) is { } target
            && !target.Name.EndsWith(DescriptorName, StringComparison.Ordinal))
        {
            handle.Dispose();
            throw new BpfException($"{path} has no {Name} pinned to it, but {target.Name}");
        }

        return handle;
    }

    /// <summary>Opens an object by its number.</summary>
    /// <exception cref="BpfException">There is none, or the caller may not.</exception>
    public BpfHandle OpenById(uint id)
    {
        Errno errno = BpfSyscall.OpenById(OpenCommand, id, out BpfHandle? handle);
        return handle ?? throw new BpfException($"open {Name} {id}", errno, errno switch
        {
            Errno.NoEntry => "there is no such number",
            Errno.NotPermitted => "this needs root, or CAP_SYS_ADMIN",
            _ => null,
        });
    }

    /// <summary>The numbers of all objects of this kind, ascending. They may come and go during the walk.</summary>
    /// <exception cref="BpfException">The caller may not.</exception>
    public IEnumerable<uint> Ids()
    {
        uint id = 0;
        while (true)
        {
            Errno errno = BpfSyscall.NextId(NextCommand, ref id);
            if (errno == Errno.NoEntry) yield break;
            if (errno != Errno.None) throw new BpfException($"list all {Name}s", errno, LoadAdvice.For(errno));
            yield return id;
        }
    }

    /// <summary>Gives an object a file, which keeps it in the kernel.</summary>
    /// <exception cref="BpfException">The file exists, or its folder is not in a BPF file system.</exception>
    public static void Pin(BpfHandle handle, string description, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Errno errno = BpfSyscall.Pin(handle, Encoding.UTF8.GetBytes(path + '\0'));
        if (errno == Errno.None) return;
        throw new BpfException($"pin {description} to {path}", errno, errno switch
        {
            Errno.NotPermitted => "the folder must be in a BPF file system (mount -t bpf bpf /sys/fs/bpf), and names there have no dots",
            Errno.Exists => "something is pinned there already",
            Errno.NoEntry => "the folder does not exist",
            Errno.Invalid => "what older kernels attach by perf events or as raw tracepoints is no link, and cannot be pinned",
            _ => null,
        });
    }

    /// <summary>Asks what the kernel knows of an object.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static void Describe<TInfo>(BpfHandle handle, string description, ref TInfo info)
        where TInfo : unmanaged
    {
        Errno errno = BpfSyscall.GetInfo(handle, ref info);
        if (errno != Errno.None) throw new BpfException($"ask for what the kernel knows of {description}", errno);
    }

    /// <summary>A name or other text in a fixed room.</summary>
    public static string Text(ReadOnlySpan<byte> room)
    {
        int end = room.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? room : room[..end]);
    }
}

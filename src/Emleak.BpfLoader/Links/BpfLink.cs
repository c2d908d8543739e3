using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// A program that is attached. Disposing detaches it, unless it is pinned; so does the end of this process, however it ends, unless the
/// kernel has no links for this kind of attachment (<see cref="EndsWithProcess"/>).
/// </summary>
public sealed class BpfLink : IDisposable
{
    // One descriptor is enough for most ways of attaching: closing it is what detaches.
    private readonly BpfHandle? _handle;
    private readonly string _description;
    private readonly bool _endsWithProcess = true;
    private IUnlinkedAttachment? _unlinked;

    internal BpfLink(BpfHandle handle, string description, string? pinnedPath = null)
    {
        _handle = handle;
        _description = description;
        PinnedPath = pinnedPath;
    }

    internal BpfLink(IUnlinkedAttachment attachment, string description)
    {
        _unlinked = attachment;
        _endsWithProcess = attachment.EndsWithProcess;
        _description = description;
    }

    /// <summary>The file descriptor, which this object owns; -1 when the attachment is not one link of the kernel's.</summary>
    public int FileDescriptor => _handle?.Descriptor ?? -1;

    /// <summary>
    /// False for attachments that the kernel has no links for: they stay when this process ends without disposing them. Those are XDP
    /// before kernel 5.9, control groups before 5.7, traffic control before 6.6, socket maps before 6.10, and <c>.struct_ops</c> without <c>.link</c>.
    /// </summary>
    public bool EndsWithProcess => _endsWithProcess;

    /// <summary>The file that keeps the link attached; null when there is none that this object knows of.</summary>
    public string? PinnedPath { get; private set; }

    internal BpfHandle? Handle => _handle;

    private BpfHandle LinkHandle => _handle ?? throw new BpfException($"the kernel has no link for {_description}");

    /// <summary>The numbers of all links of the system. Since kernel 5.8.</summary>
    /// <exception cref="BpfException">The caller may not ask.</exception>
    public static IEnumerable<uint> Ids => KernelObject.Link.Ids();

    /// <summary>Opens a link that is pinned.</summary>
    /// <exception cref="BpfException">There is no such file, or no link is pinned to it.</exception>
    public static BpfLink OpenPinned(string path) => new(KernelObject.Link.OpenPinned(path), $"link pinned to {path}", path);

    /// <summary>Opens any link of the system by its number. Since kernel 5.8.</summary>
    /// <exception cref="BpfException">There is none, or the caller may not.</exception>
    public static BpfLink OpenById(uint id) => new(KernelObject.Link.OpenById(id), $"link {id}");

    /// <summary>
    /// Gives the link a file in a BPF file system: it stays attached when this object is disposed and when this process ends, until
    /// <see cref="Unpin"/> or until the file is deleted. Since kernel 5.7; for what is attached by perf events since 5.15.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is pinned already.</exception>
    /// <exception cref="BpfException">The file exists, its folder is not in a BPF file system, or the kernel has no link for this attachment.</exception>
    public void Pin(string path)
    {
        if (PinnedPath is not null) throw new InvalidOperationException($"{_description} is pinned to {PinnedPath} already");
        KernelObject.Pin(LinkHandle, _description, path);
        PinnedPath = path;
    }

    /// <summary>Deletes the file that the link is pinned to, if there is one. The link stays attached until this object is disposed.</summary>
    /// <exception cref="IOException">The file cannot be deleted.</exception>
    public void Unpin()
    {
        if (PinnedPath is null) return;
        File.Delete(PinnedPath);
        PinnedPath = null;
    }

    /// <summary>What the kernel knows of the link. Since kernel 5.8.</summary>
    /// <exception cref="BpfException">The kernel has no link for this attachment, or refuses.</exception>
    public LinkInfo GetInfo() => LinkQuery.Ask(LinkHandle, _description);

    /// <summary>
    /// Puts another program in place of the attached one; no event is missed, and none is seen by both. Since kernel 5.7 for control groups, 5.8
    /// for network namespaces, 5.9 for XDP, 6.6 for traffic control; what is attached without a link can be replaced too.
    /// </summary>
    /// <param name="program">A program of the same type, loaded for the same attach point.</param>
    /// <exception cref="BpfException">The kernel refuses; EINVAL: the programs are of different types, or links of this kind keep their program.</exception>
    public void Replace(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        Errno errno = _unlinked?.Replace(program.Handle) ?? BpfSyscall.UpdateLink(LinkHandle, program.Handle);
        if (errno != Errno.None)
        {
            throw new BpfException($"put {program} in place of {_description}", errno, errno is Errno.Invalid or Errno.NotSupported or Errno.AccessDenied
                ? "the program is of another type or for another attach point, or links of this kind keep their program" : null);
        }
    }

    /// <summary>Runs an iterator program over all that it iterates over; what it writes is in the stream. Since kernel 5.8.</summary>
    /// <exception cref="BpfException">The link is not that of an iterator.</exception>
    public Stream OpenIterator()
    {
        Errno errno = BpfSyscall.CreateIterator(LinkHandle, out BpfHandle? iterator);
        if (iterator is null) throw new BpfException($"run {_description}", errno, errno == Errno.Invalid ? "it is not an iterator" : null);
        using (iterator) return new FileStream(iterator.Detach(), FileAccess.Read, bufferSize: 1);
    }

    /// <summary>
    /// Detaches, unless the link is pinned. Runs of the program that have begun may still end after this returns. For uprobes newer
    /// kernels wait here until no task is inside a program: 0.05 s for a link to many uprobes, however many, and as long for several
    /// such links that are disposed on as many threads (<see cref="BpfLinks"/>); 0.1 to 0.25 s for each single uprobe, one after the
    /// other even from several threads.
    /// </summary>
    public void Dispose()
    {
        _handle?.Dispose();
        Interlocked.Exchange(ref _unlinked, null)?.Detach();
    }

    /// <summary>What is attached where.</summary>
    public override string ToString() => _description;
}

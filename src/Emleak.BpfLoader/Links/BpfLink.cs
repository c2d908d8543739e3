using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>
/// A program that is attached. Disposing detaches it; so does the end of this process, however it ends.
/// </summary>
public sealed class BpfLink : IDisposable
{
    // One descriptor is enough for every way of attaching: closing it is what detaches.
    private readonly BpfHandle _handle;
    private readonly string _description;

    internal BpfLink(BpfHandle handle, string description)
    {
        _handle = handle;
        _description = description;
    }

    /// <summary>The file descriptor. This object owns it.</summary>
    public int FileDescriptor => _handle.Descriptor;

    /// <summary>
    /// Detaches. Runs of the program that have begun may still end after this returns. For uprobes newer kernels wait here
    /// until no task is inside a program: 0.05 s for a link to many uprobes, however many, and as long for several such links that
    /// are disposed on as many threads; 0.1 to 0.25 s for each single uprobe, one after the other even from several threads.
    /// </summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>What is attached where.</summary>
    public override string ToString() => _description;
}

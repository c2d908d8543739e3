using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Programs;

/// <summary>A program in the kernel, verified and ready to be attached. It runs while it is attached somewhere.</summary>
public sealed class BpfProgram : IDisposable
{
    internal BpfProgram(ProgramSpec spec, BpfHandle handle, string verifierLog)
    {
        Name = spec.Name;
        Type = spec.Type;
        ExpectedAttachType = spec.ExpectedAttachType;
        Handle = handle;
        VerifierLog = verifierLog;
    }

    /// <summary>The C function's name; the kernel keeps 15 bytes of it.</summary>
    public string Name { get; }

    /// <summary>The type that the kernel has verified it as.</summary>
    public BpfProgramType Type { get; }

    /// <summary>
    /// The way of attaching that it was loaded for (<see cref="ProgramSpec.ExpectedAttachType"/>); 0 for most types.
    /// </summary>
    public BpfAttachType ExpectedAttachType { get; }

    /// <summary>The file descriptor. This object owns it.</summary>
    public int FileDescriptor => Handle.Descriptor;

    /// <summary>What the verifier wrote down, if it was asked to (<see cref="LoadOptions.LogLevel"/>); else empty.</summary>
    public string VerifierLog { get; }

    internal BpfHandle Handle { get; }

    /// <summary>
    /// Runs the program whenever a process reaches an instruction of a file. Needs neither tracefs nor debugfs.
    /// Since kernel 4.17.
    /// </summary>
    /// <param name="path">The executable or library, as this process sees it.</param>
    /// <param name="fileOffset">Where the instruction is in the file: not its address.</param>
    /// <param name="options">Which process, entry or return; null: the entry, in every process.</param>
    /// <exception cref="BpfException">The kernel refuses; ESRCH: the thread is gone.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel has no uprobes, or no cookies for them.</exception>
    public BpfLink AttachUprobe(string path, ulong fileOffset, UprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return UprobeAttachment.Attach(this, path, fileOffset, options ?? new UprobeOptions());
    }

    /// <summary>
    /// Runs the program whenever a process reaches one of many instructions of a file, by one link: attaching and detaching
    /// cost about as much as for one. The program must have been loaded for it, which its section says (<c>uprobe.multi</c>,
    /// <c>uretprobe.multi</c>, since kernel 6.6, or <c>uprobe.session</c>, since 6.13), or a caller who has asked
    /// <see cref="KernelFeatures.UprobeMulti"/> and set <see cref="ProgramSpec.ExpectedAttachType"/>. A session's program runs at
    /// the entry and at the return; when it returns 1 at the entry, the return is not trapped.
    /// </summary>
    /// <param name="path">The executable or library, as this process sees it.</param>
    /// <param name="sites">Where, and what the program gets from <c>bpf_get_attach_cookie</c> there.</param>
    /// <param name="options">Which process, entry or return; null: the entry, in every process.</param>
    /// <exception cref="ArgumentException">There are no sites, or a session is to be attached to returns only.</exception>
    /// <exception cref="InvalidOperationException">The program was not loaded for being attached to many places.</exception>
    /// <exception cref="BpfException">The kernel refuses; ESRCH: there is no such process.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel has no such links, or they do not tell processes apart.</exception>
    public BpfLink AttachUprobes(string path, ReadOnlySpan<UprobeSite> sites, UprobeMultiOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return UprobeMultiAttachment.Attach(this, path, sites, options ?? new UprobeMultiOptions());
    }

    /// <summary>Runs the program at a tracepoint of the kernel, with the tracepoint's own arguments. Since kernel 4.17.</summary>
    /// <param name="name">The tracepoint's name without its group: <c>sched_process_exec</c>.</param>
    /// <exception cref="BpfException">The kernel refuses; ENOENT: it has no such tracepoint.</exception>
    public BpfLink AttachRawTracepoint(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return RawTracepointAttachment.Attach(this, name);
    }

    /// <summary>Closes the file descriptor. Links keep the program until they are disposed.</summary>
    public void Dispose() => Handle.Dispose();

    /// <inheritdoc/>
    public override string ToString() => $"{Type} program '{Name}'";
}

using Emleak.BpfLoader.Abi;
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
        Handle = handle;
        VerifierLog = verifierLog;
    }

    /// <summary>The C function's name; the kernel keeps 15 bytes of it.</summary>
    public string Name { get; }

    /// <summary>The type that the kernel has verified it as.</summary>
    public BpfProgramType Type { get; }

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

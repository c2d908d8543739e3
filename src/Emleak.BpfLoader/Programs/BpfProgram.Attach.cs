using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;

namespace Emleak.BpfLoader.Programs;

/// <summary>The ways of attaching.</summary>
public sealed partial class BpfProgram
{
    /// <summary>
    /// Attaches the program to what its section names: <c>uprobe/PATH:FUNCTION+OFFSET</c>, <c>uprobe.multi/PATH:PATTERN</c>,
    /// <c>kprobe/FUNCTION+OFFSET</c>, <c>ksyscall/NAME</c>, <c>tp/GROUP/NAME</c>, <c>raw_tp/NAME</c>, and what <see cref="AttachTracing"/>
    /// attaches. In patterns <c>*</c> and <c>?</c> stand for any letters and any one. Libraries and programs without a path are looked
    /// for where the system has them. Probes are for every process.
    /// </summary>
    /// <exception cref="InvalidOperationException">The section does not name a place, or programs of its kind are attached by other means.</exception>
    /// <exception cref="BpfException">There is no such place, or the kernel refuses.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel cannot attach programs so.</exception>
    public BpfLink Attach() => SectionAttachment.Attach(this);

    /// <summary>Runs the program whenever a process calls a function of a file.</summary>
    /// <param name="path">The executable or library; without a slash it is looked for where the system has such files.</param>
    /// <param name="function">The function's name in the file's symbol tables.</param>
    /// <param name="options">Which process, entry or return; null: the entry, in every process.</param>
    /// <exception cref="BpfException">The file has no such function, or several, or the kernel refuses.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel has no uprobes, or no cookies for them.</exception>
    public BpfLink AttachUprobe(string path, string function, UprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(function);
        FileFunctions file = FileFunctions.Open(path);
        return AttachUprobe(file.Path, file.OffsetOf(function), options);
    }

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
    /// <param name="cookie">What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 6.10. Null: none.</param>
    /// <exception cref="BpfException">The kernel refuses; ENOENT: it has no such tracepoint.</exception>
    public BpfLink AttachRawTracepoint(string name, ulong? cookie = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return RawTracepointAttachment.Attach(this, name, cookie);
    }

    /// <summary>
    /// Runs the program at a tracepoint of the kernel, with the record that tracefs describes. tracefs must be mounted, anywhere;
    /// <see cref="AttachRawTracepoint"/> does without. Since kernel 4.7.
    /// </summary>
    /// <param name="group">The tracepoint's group: <c>sched</c>.</param>
    /// <param name="name">Its name: <c>sched_process_exec</c>.</param>
    /// <param name="cookie">What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 5.15. Null: none.</param>
    /// <exception cref="BpfException">tracefs is not mounted, has no such tracepoint, or the kernel refuses.</exception>
    public BpfLink AttachTracepoint(string group, string name, ulong? cookie = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return TracepointAttachment.Attach(this, group, name, cookie);
    }

    /// <summary>Runs the program whenever the kernel reaches an instruction of its own. Needs no tracefs. Since kernel 4.17.</summary>
    /// <param name="function">A function's name, as in /proc/kallsyms.</param>
    /// <param name="options">Where in the function, entry or return; null: the entry.</param>
    /// <exception cref="BpfException">The kernel refuses; ENOENT: it has no such function.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel was built without kprobes, or has no cookies for them.</exception>
    public BpfLink AttachKprobe(string function, KprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        return KprobeAttachment.Attach(this, function, options ?? new KprobeOptions());
    }

    /// <summary>
    /// Runs the program at many functions of the kernel, by one link. The program must have been loaded for it: its section is
    /// <c>kprobe.multi</c>, <c>kretprobe.multi</c> (since kernel 5.18) or <c>kprobe.session</c> (since 6.10).
    /// </summary>
    /// <param name="sites">Which functions.</param>
    /// <param name="isReturn">Runs the program when they return.</param>
    /// <exception cref="ArgumentException">There are no sites.</exception>
    /// <exception cref="InvalidOperationException">The program was not loaded for being attached to many places.</exception>
    /// <exception cref="BpfException">The kernel refuses; ESRCH: one of the functions does not exist.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel has no such links.</exception>
    public BpfLink AttachKprobes(ReadOnlySpan<KprobeSite> sites, bool isReturn = false) => KprobeMultiAttachment.Attach(this, sites, isReturn);

    /// <summary>
    /// Runs the program at what it was verified against: its section is <c>fentry</c>, <c>fexit</c>, <c>fmod_ret</c> (since kernel
    /// 5.5), <c>tp_btf</c> (5.5), <c>lsm</c> (5.7) or <c>iter</c> (5.8), and <see cref="ProgramSpec.AttachTarget"/> the function,
    /// tracepoint, hook or kind of iterator.
    /// </summary>
    /// <param name="cookie">What the program gets from <c>bpf_get_attach_cookie</c>; needs kernel 5.19. Null: none.</param>
    /// <exception cref="InvalidOperationException">The program is of another type.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfLink AttachTracing(ulong? cookie = null) => TracingAttachment.Attach(this, cookie);

    /// <summary>
    /// Runs the program each time that a perf event has been counted so many times. There is a link for each CPU, or for each thread
    /// of the process. Since kernel 4.9.
    /// </summary>
    /// <param name="source">What is counted.</param>
    /// <param name="options">How often the program runs, and for whom; null: for each event on every CPU.</param>
    /// <exception cref="BpfException">The kernel refuses; ESRCH: there is no such process.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel has no cookies for perf events.</exception>
    public BpfLinks AttachPerfEvent(PerfEventSource source, PerfEventOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return SamplingAttachment.Attach(this, source, options ?? new PerfEventOptions());
    }
}

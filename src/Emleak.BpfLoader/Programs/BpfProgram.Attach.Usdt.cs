using Emleak.BpfLoader.Links;

namespace Emleak.BpfLoader.Programs;

/// <summary>Attaching to what programs' authors have marked.</summary>
public sealed partial class BpfProgram
{
    /// <summary>
    /// Runs the program whenever a process comes by a place that the file's author has marked (user statically defined tracing, the macros of
    /// <c>sys/sdt.h</c>): section <c>usdt/PATH:PROVIDER:NAME</c>. Programs that include libbpf's <c>usdt.bpf.h</c> read the arguments by <c>bpf_usdt_arg</c>.
    /// Semaphores are counted up while it is attached (since kernel 4.20). Below 5.15, arguments need <see cref="UsdtOptions.Pid"/>.
    /// </summary>
    /// <param name="path">The executable or library; without a slash it is looked for where the system has such files.</param>
    /// <param name="provider">The probe's provider: <c>python</c>.</param>
    /// <param name="name">The probe's name: <c>function__entry</c>. All places that have it are meant.</param>
    /// <param name="options">Which process, and a cookie; null: every process.</param>
    /// <exception cref="BpfException">The file has no such probe, its arguments are of an unknown form, or the kernel refuses.</exception>
    /// <exception cref="FeatureNotSupportedException">The kernel lacks what arguments or semaphores need.</exception>
    public BpfLink AttachUsdt(string path, string provider, string name, UsdtOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return UsdtAttachment.Attach(this, path, provider, name, options ?? new UsdtOptions());
    }
}

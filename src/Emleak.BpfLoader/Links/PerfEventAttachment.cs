using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Syscalls;

namespace Emleak.BpfLoader.Links;

/// <summary>What all attachments through perf events have in common: open, bind, enable.</summary>
/// <param name="Program">What to run.</param>
/// <param name="Place">Where, for messages.</param>
/// <param name="Advice">What errors mean for this kind of event.</param>
internal sealed unsafe record PerfEventAttachment(BpfProgram Program, string Place, Func<Errno, string?> Advice)
{
    public const int EveryThread = -1;
    public const int AnyCpu = -1;

    public BpfHandle Open(PerfEventAttr* attr, int thread, int cpu)
    {
        Errno errno = PerfEventSyscall.Open(attr, thread, cpu, out BpfHandle? perfEvent);
        return perfEvent ?? throw Failure(errno);
    }

    /// <summary>Takes over the event. Where the kernel has links for events they are used: they can be pinned and described.</summary>
    public BpfLink Bind(BpfHandle perfEvent, ulong? cookie) =>
        Bind(perfEvent, cookie, asLink: KernelFeatures.UprobeCookies.Probe() == FeatureSupport.Yes);

    /// <summary>As above, with the choice made: the event itself is what kernels before 5.15 bind programs to.</summary>
    internal BpfLink Bind(BpfHandle perfEvent, ulong? cookie, bool asLink)
    {
        BpfHandle? link = null;
        try
        {
            if (cookie is not null && !asLink) throw new FeatureNotSupportedException(KernelFeatures.UprobeCookies);
            if (asLink) link = Link(perfEvent, cookie ?? 0);
            else Demand(PerfEventSyscall.SetProgram(perfEvent, Program.Handle));
            Demand(PerfEventSyscall.Enable(perfEvent));
        }
        catch
        {
            link?.Dispose();
            perfEvent.Dispose();
            throw;
        }

        string description = $"{Program.Name} on {Place}";
        if (link is null) return new BpfLink(perfEvent, description);
        // The link keeps the event.
        perfEvent.Dispose();
        return new BpfLink(link, description);
    }

    private BpfHandle Link(BpfHandle perfEvent, ulong cookie)
    {
        using BpfHandle.Lease lease = perfEvent.Borrow();
        Errno errno = BpfSyscall.LinkPerfEvent(Program.Handle, lease.Descriptor, cookie, out BpfHandle? link);
        return link ?? throw Failure(errno);
    }

    private void Demand(Errno errno)
    {
        if (errno != Errno.None) throw Failure(errno);
    }

    internal BpfException Failure(Errno errno) => new($"attach {Place}", errno, errno switch
    {
        Errno.TooManyOpenFiles => "every attachment takes a file descriptor: raise the limit (ulimit -n)",
        _ => Advice(errno),
    });
}

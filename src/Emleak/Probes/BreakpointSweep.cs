using Emleak.BpfLoader;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Programs;
using Emleak.Target;
using Microsoft.Win32.SafeHandles;

namespace Emleak.Probes;

/// <summary>
/// Has the kernel take out breakpoints that nobody wants. They stay when emleak is killed in the very system call that attaches or
/// detaches a probe: with a fatal signal pending the kernel cannot write to the target's memory and gives up ("failed to unregister,
/// leaking uprobe", kernel/events/uprobes.c). Links that are closed because their process has ended are not concerned: the signal has
/// been dequeued by then. So while probes are attached and detached, links of an empty program are open at the same sites. They are limited
/// to emleak's own process, so they put no breakpoint into the target. When such a link is closed, by emleak or because emleak has ended,
/// the kernel looks at every process that has the file mapped, and removes the breakpoints that no probe wants (register_for_each_vma).
/// </summary>
internal sealed class BreakpointSweep : IDisposable
{
    private readonly TargetProcess _target;
    private readonly BpfProgram _nothing;
    private readonly AttachMethod _method;

    private readonly List<BpfLinks> _covers = [];

    // Open as long as there are probes: by then the target may have unmapped the file, or have ended, while its children have not.
    private readonly Dictionary<string, SweptFile> _files = new(StringComparer.Ordinal);

    /// <param name="target">The process whose paths are to be swept.</param>
    /// <param name="nothing">An empty program, loaded for <paramref name="method"/>.</param>
    /// <param name="method">How probes are attached.</param>
    public BreakpointSweep(TargetProcess target, BpfProgram nothing, AttachMethod method)
    {
        _target = target;
        _nothing = nothing;
        _method = method;
    }

    /// <summary>Links of the empty program at these sites; closing them sweeps. The sites are remembered for <see cref="OverAll"/>.</summary>
    /// <exception cref="EmleakException">The target has ended.</exception>
    public BpfLinks Over(IEnumerable<SweptSite> sites)
    {
        List<SweptFile> files = [];
        foreach (IGrouping<string, SweptSite> group in sites.GroupBy(site => site.Path, StringComparer.Ordinal))
        {
            ulong[] offsets = [.. group.Select(site => site.Offset).Distinct()];
            if (Remember(group.Key, offsets) is SafeFileHandle file) files.Add(new SweptFile(file, offsets));
        }

        return Open(files);
    }

    /// <summary>The same at every site so far.</summary>
    public BpfLinks OverAll() => Open(_files.Values);

    /// <summary>
    /// The same at these sites, until <see cref="TakeCovers"/>. Closing waits until every thread that runs a program which may sleep has left it
    /// (uprobe_unregister_sync), such as one that waits in BPF for what is being probed.
    /// </summary>
    /// <exception cref="EmleakException">The target has ended.</exception>
    public void Cover(IEnumerable<SweptSite> sites) => _covers.Add(Over(sites));

    /// <summary>What covers probes that are attached by now: the caller closes it.</summary>
    public IReadOnlyList<BpfLinks> TakeCovers()
    {
        BpfLinks[] covers = [.. _covers];
        _covers.Clear();
        return covers;
    }

    public void Dispose()
    {
        foreach (BpfLinks cover in TakeCovers()) cover.Dispose();
        foreach (SweptFile file in _files.Values) file.Handle.Dispose();
        _files.Clear();
    }

    private SafeFileHandle? Remember(string path, ulong[] offsets)
    {
        if (_files.TryGetValue(path, out SweptFile? known))
        {
            known.Offsets.UnionWith(offsets);
            return known.Handle;
        }

        SafeFileHandle? file = Libc.OpenPath(TargetProcess.SeenBy(_target.LiveThread, path));
        if (file is not null) _files.Add(path, new SweptFile(file, offsets));
        return file;
    }

    private BpfLinks Open(IEnumerable<SweptFile> files)
    {
        List<BpfLink> links = [];
        try
        {
            foreach (SweptFile file in files) Attach(file, links);
        }
        catch (BpfException)
        {
            // The probes are attached in the same way and report what is wrong. Descriptors may be short: they get all.
            new BpfLinks(links).Dispose();
            links.Clear();
        }

        return new BpfLinks(links);
    }

    private void Attach(SweptFile file, List<BpfLink> links)
    {
        string path = $"/proc/self/fd/{file.Handle.DangerousGetHandle()}";
        int self = Environment.ProcessId;
        if (_method <= AttachMethod.Links)
        {
            UprobeSite[] sites = [.. file.Offsets.Select(offset => new UprobeSite(offset))];
            links.Add(_nothing.AttachUprobes(path, sites, new UprobeMultiOptions { Pid = self }));
            return;
        }

        foreach (ulong offset in file.Offsets) links.Add(_nothing.AttachUprobe(path, offset, new UprobeOptions { Pid = self }));
    }

    private sealed class SweptFile(SafeFileHandle handle, IEnumerable<ulong> offsets)
    {
        public SafeFileHandle Handle { get; } = handle;

        public HashSet<ulong> Offsets { get; } = [.. offsets];
    }
}

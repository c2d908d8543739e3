using Emleak.BpfLoader;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.Target;

namespace Emleak.Probes;

/// <summary>Attaches probes to the process alone, in the cheapest way that the kernel has.</summary>
internal sealed class ProbeAttacher
{
    // The programs, each for all functions (bpf/emleak.bpf.c).
    private const string Session = "emleak_session";
    private const string Enter = "emleak_enter";
    private const string Return = "emleak_return";
    private const string Nothing = "emleak_nothing";

    private readonly TargetProcess _target;

    // The thread that probes were opened on, where they belong to one.
    private int _opener;

    public ProbeAttacher(TargetProcess target, AttachMethod method)
    {
        _target = target;
        Method = method;
    }

    public AttachMethod Method { get; }

    /// <summary>True when the probes belong to a thread that has left while others go on: the process is not probed any more.</summary>
    public bool HasLostOpener => Method >= AttachMethod.PerfEvents && _opener != 0 && !_target.HasLiveThread(_opener) && !_target.HasExited;

    /// <summary>The cheapest way that the kernel has.</summary>
    /// <param name="hasFirstThread">False for a process whose first thread has left (pthread_exit): a link is limited to a process by that thread's memory.</param>
    public static AttachMethod Choose(bool hasFirstThread)
    {
        if (hasFirstThread && KernelFeatures.UprobeMultiByProcess.Probe() == FeatureSupport.Yes)
            return KernelFeatures.UprobeSession.Probe() == FeatureSupport.Yes ? AttachMethod.Sessions : AttachMethod.Links;
        bool hasCookies = KernelFeatures.UprobeCookies.Probe() == FeatureSupport.Yes && KernelFeatures.AttachCookie.Probe() == FeatureSupport.Yes;
        return hasCookies ? AttachMethod.PerfEvents : AttachMethod.PerfEventsByAddress;
    }

    /// <summary>Makes the object load the programs that will be attached, as they will be attached.</summary>
    public static void Prepare(BpfObject spec, AttachMethod method)
    {
        bool isSession = method == AttachMethod.Sessions;
        spec.SetConstant("has_sessions", (byte)(isSession ? 1 : 0));
        spec.SetConstant("has_cookies", (byte)(method == AttachMethod.PerfEventsByAddress ? 0 : 1));
        spec.Programs[Session].IsLoaded = isSession;
        spec.Programs[Enter].IsLoaded = true;
        spec.Programs[Return].IsLoaded = !isSession;
        if (method <= AttachMethod.Links)
        {
            foreach (string name in (string[])[Enter, Return]) spec.Programs[name].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
        }

        spec.Programs[Nothing].IsLoaded = true;
        if (method <= AttachMethod.Links) spec.Programs[Nothing].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
    }

    /// <summary>Sweeps breakpoints in the way in which the loaded programs are attached.</summary>
    public BreakpointSweep MakeSweep(BpfCollection programs) => new(_target, programs.Programs[Nothing], Method);

    /// <summary>Where probes put breakpoints.</summary>
    public static IEnumerable<SweptSite> SitesOf(IEnumerable<Probe> probes) => 
        from probe in probes from site in probe.Sites select new SweptSite(probe.Path, site.FileOffset);

    /// <summary>
    /// True when children of the process keep the breakpoints in their copies of its memory: the handler of a link never gives up a
    /// breakpoint, and so each would cost a child an exception for ever. With perf events the first hit takes the breakpoint out.
    /// </summary>
    public bool ChildrenKeepBreakpoints => Method <= AttachMethod.Links;

    /// <summary>Attaches the loaded programs.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IReadOnlyList<BpfLink> Attach(BpfCollection programs, IReadOnlyList<Probe> probes)
    {
        List<BpfLink> links = [];
        // A block whose allocation is seen must not be released unseen: what releases is attached first.
        Probe[] ordered = [.. probes.OrderBy(probe => !probe.Function.Shape.Releases)];
        try
        {
            TellAddresses(programs, ordered);
            if (Method <= AttachMethod.Links) AttachTogether(programs.Programs, ordered, links);
            else AttachOneByOne(programs.Programs, ordered, links);
            return links;
        }
        catch
        {
            new BpfLinks(links).Dispose();
            throw;
        }
    }

    /// <summary>Tells the programs where probes are, if they cannot know it otherwise: again when modules were mapped anew.</summary>
    public void TellAddresses(BpfCollection programs, IEnumerable<Probe> probes)
    {
        if (Method != AttachMethod.PerfEventsByAddress) return;
        BpfMap<ulong, ulong> cookies = programs.Maps["probe_cookies"].As<ulong, ulong>();
        foreach (Probe probe in probes)
        {
            foreach (ProbeSite site in probe.Sites)
            {
                foreach (ulong address in probe.AddressesOf(site)) cookies.Update(address, site.Cookie);
            }
        }
    }

    private void AttachTogether(IReadOnlyDictionary<string, BpfProgram> programs, Probe[] probes, List<BpfLink> links)
    {
        // Groups keep the order of their first probes: the releases of all files come first.
        foreach (IGrouping<(bool, string Path), Probe> group in probes.GroupBy(probe => (probe.Function.Shape.Releases, probe.Path)))
        {
            ProbeSite[] sites = [.. group.SelectMany(probe => probe.Sites)];
            UprobeMultiOptions options = new() { Pid = _target.Pid };
            UprobeSite[] returning = [.. sites.Where(site => site.HasReturn).Select(AsUprobe)];
            UprobeSite[] others = [.. sites.Where(site => !site.HasReturn).Select(AsUprobe)];
            // What only releases comes before realloc, whose blocks it releases.
            if (others.Length > 0) links.Add(programs[Enter].AttachUprobes(group.Key.Path, others, options));
            // The return probe first: a call that is noted when it is entered must be seen to return.
            if (returning.Length > 0 && Method == AttachMethod.Links)
                links.Add(programs[Return].AttachUprobes(group.Key.Path, returning, options with { IsReturn = true }));
            if (returning.Length > 0) links.Add(programs[Method == AttachMethod.Links ? Enter : Session].AttachUprobes(group.Key.Path, returning, options));
        }

        static UprobeSite AsUprobe(ProbeSite site) => new(site.FileOffset, site.Cookie);
    }

    private void AttachOneByOne(IReadOnlyDictionary<string, BpfProgram> programs, Probe[] probes, List<BpfLink> links)
    {
        int opener = _target.LiveThread;
        foreach ((string file, ProbeSite site) in probes.SelectMany(probe => probe.Sites.Select(site => (probe.Path, site))))
        {
            string path = TargetProcess.SeenBy(opener, file);
            UprobeOptions options = new() { Pid = opener };
            if (site.HasReturn) links.Add(programs[Return].AttachUprobe(path, site.FileOffset, options with { IsReturn = true }));
            if (Method == AttachMethod.PerfEvents) options = options with { Cookie = site.Cookie };
            links.Add(programs[Enter].AttachUprobe(path, site.FileOffset, options));
        }

        if (probes.Length > 0) _opener = opener;
    }
}

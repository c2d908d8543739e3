using Emleak.BpfLoader;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.Target;

namespace Emleak.Probes;

/// <summary>Attaches probes to the process alone, in the cheapest way that the kernel has.</summary>
internal sealed class ProbeAttacher
{
    // The programs for all shapes (bpf/emleak.bpf.c).
    private const string Session = "any_session";
    private const string Enter = "any_enter";
    private const string Exit = "any_exit";

    private readonly TargetProcess _target;

    public ProbeAttacher(TargetProcess target)
    {
        _target = target;
        Method = Choose(target);
    }

    public AttachMethod Method { get; }

    /// <summary>Makes the object load the programs that will be attached, as they will be attached.</summary>
    public void Prepare(BpfObject spec)
    {
        spec.SetConstant("has_sessions", (byte)(Method == AttachMethod.Sessions ? 1 : 0));
        bool together = Method != AttachMethod.PerfEvents;
        foreach (ProbePrograms programs in ProbePrograms.All)
        {
            spec.Programs[programs.Enter].IsLoaded = !together;
            if (programs.HasExit) spec.Programs[programs.Exit].IsLoaded = !together;
        }

        spec.Programs[Session].IsLoaded = Method == AttachMethod.Sessions;
        spec.Programs[Enter].IsLoaded = Method == AttachMethod.Links;
        spec.Programs[Exit].IsLoaded = Method == AttachMethod.Links;
        if (!together) return;
        ProgramSpec free = spec.Programs[ProbePrograms.Free.Enter];
        free.IsLoaded = true;
        free.ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
    }

    /// <summary>Attaches the loaded programs.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IReadOnlyList<BpfLink> Attach(BpfCollection programs, IReadOnlyList<Probe> probes)
    {
        List<BpfLink> links = [];
        try
        {
            if (Method == AttachMethod.PerfEvents) AttachOneByOne(programs, probes, links);
            else AttachTogether(programs, probes, links);
            return links;
        }
        catch
        {
            new BpfLinks(links).Dispose();
            throw;
        }
    }

    private static AttachMethod Choose(TargetProcess target)
    {
        // A link is limited to a process by the memory of its first thread; that one may have left (pthread_exit).
        if (target.LiveThread != target.Pid) return AttachMethod.PerfEvents;
        if (KernelFeatures.UprobeMultiByProcess.Probe() != FeatureSupport.Yes) return AttachMethod.PerfEvents;
        return KernelFeatures.UprobeSession.Probe() == FeatureSupport.Yes ? AttachMethod.Sessions : AttachMethod.Links;
    }

    private static IEnumerable<Probe> InOrder(IReadOnlyList<Probe> probes) =>
        ProbePrograms.All.SelectMany(programs => probes.Where(probe => probe.Function.Programs == programs));

    private void AttachTogether(BpfCollection programs, IReadOnlyList<Probe> probes, List<BpfLink> links)
    {
        // free needs no return; it comes first in the order.
        foreach (IGrouping<(bool HasExit, string Path), Probe> group in
            InOrder(probes).GroupBy(probe => (probe.Function.Programs.HasExit, probe.Path)))
        {
            UprobeSite[] sites = [.. group.Select(probe => new UprobeSite(probe.FileOffset, (ulong)probe.Function.Programs.Shape))];
            if (!group.Key.HasExit)
            {
                links.Add(Attach(ProbePrograms.Free.Enter, isReturn: false));
            }
            else if (Method == AttachMethod.Sessions)
            {
                links.Add(Attach(Session, isReturn: false));
            }
            else
            {
                // The return probe first: a call that is noted when it is entered must be seen to return.
                links.Add(Attach(Exit, isReturn: true));
                links.Add(Attach(Enter, isReturn: false));
            }

            BpfLink Attach(string program, bool isReturn) => programs.Programs[program].AttachUprobes(
                group.Key.Path, sites, new UprobeMultiOptions { Pid = _target.Pid, IsReturn = isReturn });
        }
    }

    private void AttachOneByOne(BpfCollection programs, IReadOnlyList<Probe> probes, List<BpfLink> links)
    {
        foreach (Probe probe in InOrder(probes))
        {
            ProbePrograms names = probe.Function.Programs;
            if (names.HasExit) links.Add(Attach(names.Exit, isReturn: true));
            links.Add(Attach(names.Enter, isReturn: false));

            BpfLink Attach(string program, bool isReturn) => programs.Programs[program].AttachUprobe(
                probe.Path, probe.FileOffset, new UprobeOptions { Pid = _target.LiveThread, IsReturn = isReturn });
        }
    }
}

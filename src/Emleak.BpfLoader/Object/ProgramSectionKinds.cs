using System.Collections.Frozen;
using Emleak.BpfLoader.Abi;

namespace Emleak.BpfLoader.Object;

/// <summary>The kinds of program sections, by the part of the name that tells them.</summary>
internal static class ProgramSectionKinds
{
    private const uint Sleepable = 1 << 4;
    private const uint XdpFragments = 1 << 5;

    private static readonly FrozenDictionary<string, ProgramSection> Kinds =
        new[] { Probes(), Tracing(), Network(), ControlGroups() }.SelectMany(static kinds => kinds).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What a whole name, or the part of it before a slash, says.</summary>
    public static bool TryGet(string kind, out ProgramSection section) => Kinds.TryGetValue(kind, out section);

    private static Dictionary<string, ProgramSection> Probes() => new(StringComparer.Ordinal)
    {
        ["uprobe"] = new(BpfProgramType.Kprobe),
        ["uprobe.s"] = new(BpfProgramType.Kprobe, LoadFlags: Sleepable),
        ["uretprobe"] = new(BpfProgramType.Kprobe, IsReturnProbe: true),
        ["uretprobe.s"] = new(BpfProgramType.Kprobe, LoadFlags: Sleepable, IsReturnProbe: true),
        ["uprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti),
        ["uprobe.multi.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable),
        ["uretprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, IsReturnProbe: true),
        ["uretprobe.multi.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, Sleepable, IsReturnProbe: true),
        ["uprobe.session"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession),
        ["uprobe.session.s"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeSession, Sleepable),
        ["usdt"] = new(BpfProgramType.Kprobe),
        ["usdt.s"] = new(BpfProgramType.Kprobe, LoadFlags: Sleepable),
        ["kprobe"] = new(BpfProgramType.Kprobe),
        ["kretprobe"] = new(BpfProgramType.Kprobe, IsReturnProbe: true),
        ["kprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti),
        ["kretprobe.multi"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti, IsReturnProbe: true),
        ["kprobe.session"] = new(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeSession),
        ["ksyscall"] = new(BpfProgramType.Kprobe),
        ["kretsyscall"] = new(BpfProgramType.Kprobe, IsReturnProbe: true),
        ["tp"] = new(BpfProgramType.Tracepoint),
        ["tracepoint"] = new(BpfProgramType.Tracepoint),
        ["raw_tp"] = new(BpfProgramType.RawTracepoint),
        ["raw_tracepoint"] = new(BpfProgramType.RawTracepoint),
        ["raw_tp.w"] = new(BpfProgramType.RawTracepointWritable),
        ["raw_tracepoint.w"] = new(BpfProgramType.RawTracepointWritable),
        ["perf_event"] = new(BpfProgramType.PerfEvent),
        ["syscall"] = new(BpfProgramType.Syscall, LoadFlags: Sleepable),
    };

    private static Dictionary<string, ProgramSection> Tracing() => new(StringComparer.Ordinal)
    {
        ["tp_btf"] = new(BpfProgramType.Tracing, BpfAttachType.TraceRawTp),
        ["fentry"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFentry),
        ["fentry.s"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFentry, Sleepable),
        ["fexit"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFexit),
        ["fexit.s"] = new(BpfProgramType.Tracing, BpfAttachType.TraceFexit, Sleepable),
        ["fmod_ret"] = new(BpfProgramType.Tracing, BpfAttachType.ModifyReturn),
        ["fmod_ret.s"] = new(BpfProgramType.Tracing, BpfAttachType.ModifyReturn, Sleepable),
        ["iter"] = new(BpfProgramType.Tracing, BpfAttachType.TraceIter),
        ["iter.s"] = new(BpfProgramType.Tracing, BpfAttachType.TraceIter, Sleepable),
        ["lsm"] = new(BpfProgramType.Lsm, BpfAttachType.LsmMac),
        ["lsm.s"] = new(BpfProgramType.Lsm, BpfAttachType.LsmMac, Sleepable),
        ["lsm_cgroup"] = new(BpfProgramType.Lsm, BpfAttachType.LsmCgroup),
        ["freplace"] = new(BpfProgramType.Ext),
        ["struct_ops"] = new(BpfProgramType.StructOps),
        ["struct_ops.s"] = new(BpfProgramType.StructOps, LoadFlags: Sleepable),
    };

    private static Dictionary<string, ProgramSection> Network() => new(StringComparer.Ordinal)
    {
        ["socket"] = new(BpfProgramType.SocketFilter),
        ["sk_reuseport"] = new(BpfProgramType.SkReuseport, BpfAttachType.SkReuseportSelect),
        ["sk_reuseport/migrate"] = new(BpfProgramType.SkReuseport, BpfAttachType.SkReuseportSelectOrMigrate),
        ["sk_lookup"] = new(BpfProgramType.SkLookup, BpfAttachType.SkLookup),
        ["sk_skb"] = new(BpfProgramType.SkSkb),
        ["sk_skb/stream_parser"] = new(BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamParser),
        ["sk_skb/stream_verdict"] = new(BpfProgramType.SkSkb, BpfAttachType.SkSkbStreamVerdict),
        ["sk_skb/verdict"] = new(BpfProgramType.SkSkb, BpfAttachType.SkSkbVerdict),
        ["sk_msg"] = new(BpfProgramType.SkMsg, BpfAttachType.SkMsgVerdict),
        ["flow_dissector"] = new(BpfProgramType.FlowDissector, BpfAttachType.FlowDissector),
        ["lwt_in"] = new(BpfProgramType.LwtIn),
        ["lwt_out"] = new(BpfProgramType.LwtOut),
        ["lwt_xmit"] = new(BpfProgramType.LwtXmit),
        ["lwt_seg6local"] = new(BpfProgramType.LwtSeg6local),
        ["lirc_mode2"] = new(BpfProgramType.LircMode2, BpfAttachType.LircMode2),
        ["netfilter"] = new(BpfProgramType.Netfilter, BpfAttachType.Netfilter),
        ["xdp"] = new(BpfProgramType.Xdp, BpfAttachType.Xdp),
        ["xdp.frags"] = new(BpfProgramType.Xdp, BpfAttachType.Xdp, XdpFragments),
        ["xdp/devmap"] = new(BpfProgramType.Xdp, BpfAttachType.XdpDevmap),
        ["xdp.frags/devmap"] = new(BpfProgramType.Xdp, BpfAttachType.XdpDevmap, XdpFragments),
        ["xdp/cpumap"] = new(BpfProgramType.Xdp, BpfAttachType.XdpCpumap),
        ["xdp.frags/cpumap"] = new(BpfProgramType.Xdp, BpfAttachType.XdpCpumap, XdpFragments),
        ["tc"] = new(BpfProgramType.SchedCls),
        ["classifier"] = new(BpfProgramType.SchedCls),
        ["action"] = new(BpfProgramType.SchedAct),
        ["tc/ingress"] = new(BpfProgramType.SchedCls, BpfAttachType.TcxIngress),
        ["tc/egress"] = new(BpfProgramType.SchedCls, BpfAttachType.TcxEgress),
        ["tcx/ingress"] = new(BpfProgramType.SchedCls, BpfAttachType.TcxIngress),
        ["tcx/egress"] = new(BpfProgramType.SchedCls, BpfAttachType.TcxEgress),
        ["netkit/primary"] = new(BpfProgramType.SchedCls, BpfAttachType.NetkitPrimary),
        ["netkit/peer"] = new(BpfProgramType.SchedCls, BpfAttachType.NetkitPeer),
    };

    private static Dictionary<string, ProgramSection> ControlGroups() => new(StringComparer.Ordinal)
    {
        ["sockops"] = new(BpfProgramType.SockOps, BpfAttachType.CgroupSockOps),
        ["cgroup_skb/ingress"] = new(BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetIngress),
        ["cgroup_skb/egress"] = new(BpfProgramType.CgroupSkb, BpfAttachType.CgroupInetEgress),
        ["cgroup/skb"] = new(BpfProgramType.CgroupSkb),
        ["cgroup/sock"] = new(BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockCreate),
        ["cgroup/sock_create"] = new(BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockCreate),
        ["cgroup/sock_release"] = new(BpfProgramType.CgroupSock, BpfAttachType.CgroupInetSockRelease),
        ["cgroup/post_bind4"] = new(BpfProgramType.CgroupSock, BpfAttachType.CgroupInet4PostBind),
        ["cgroup/post_bind6"] = new(BpfProgramType.CgroupSock, BpfAttachType.CgroupInet6PostBind),
        ["cgroup/bind4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Bind),
        ["cgroup/bind6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Bind),
        ["cgroup/connect4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Connect),
        ["cgroup/connect6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Connect),
        ["cgroup/connect_unix"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixConnect),
        ["cgroup/sendmsg4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp4Sendmsg),
        ["cgroup/sendmsg6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp6Sendmsg),
        ["cgroup/sendmsg_unix"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixSendmsg),
        ["cgroup/recvmsg4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp4Recvmsg),
        ["cgroup/recvmsg6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUdp6Recvmsg),
        ["cgroup/recvmsg_unix"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixRecvmsg),
        ["cgroup/getpeername4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Getpeername),
        ["cgroup/getpeername6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Getpeername),
        ["cgroup/getpeername_unix"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixGetpeername),
        ["cgroup/getsockname4"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet4Getsockname),
        ["cgroup/getsockname6"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupInet6Getsockname),
        ["cgroup/getsockname_unix"] = new(BpfProgramType.CgroupSockAddr, BpfAttachType.CgroupUnixGetsockname),
        ["cgroup/sysctl"] = new(BpfProgramType.CgroupSysctl, BpfAttachType.CgroupSysctl),
        ["cgroup/getsockopt"] = new(BpfProgramType.CgroupSockopt, BpfAttachType.CgroupGetsockopt),
        ["cgroup/setsockopt"] = new(BpfProgramType.CgroupSockopt, BpfAttachType.CgroupSetsockopt),
        ["cgroup/dev"] = new(BpfProgramType.CgroupDevice, BpfAttachType.CgroupDevice),
    };
}

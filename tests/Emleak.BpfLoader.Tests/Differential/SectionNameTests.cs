using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Every name that a program's section may have means to this loader what it means to libbpf.</summary>
public sealed class SectionNameTests(ITestOutputHelper output)
{
    private static readonly string[] Names =
    [
        "socket", "sk_reuseport", "sk_reuseport/migrate", "kprobe/f", "uprobe", "uprobe//bin/sh:f", "uprobe.s", "kretprobe/f", "uretprobe",
        "uretprobe.s", "kprobe.multi/f*", "kretprobe.multi", "ksyscall/open", "kretsyscall/open", "usdt", "usdt//bin/sh:a:b",
        "tc", "classifier", "action", "tracepoint/sched/sched_switch", "tp/sched/sched_switch", "raw_tracepoint/sched_switch", "raw_tp",
        "raw_tp.w/sched_switch", "tp_btf/sched_switch", "tp_btf/no_such_tracepoint", "tp_btf", "fentry/do_exit", "fentry/no_such_function",
        "fexit/do_exit", "fmod_ret/do_exit", "lsm/file_open", "lsm.s/file_open", "lsm/no_such_hook", "lsm_cgroup/socket_create",
        "iter/task", "iter.s/task", "iter/no_such_iterator", "syscall", "xdp", "xdp.frags", "xdp/devmap", "xdp.frags/devmap", "xdp/cpumap",
        "xdp.frags/cpumap", "perf_event", "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local", "sockops", "sk_skb", "sk_skb/stream_parser",
        "sk_skb/stream_verdict", "sk_msg", "lirc_mode2", "flow_dissector", "cgroup_skb/ingress", "cgroup_skb/egress", "cgroup/skb",
        "cgroup/sock", "cgroup/sock_create", "cgroup/sock_release", "cgroup/post_bind4", "cgroup/post_bind6", "cgroup/bind4", "cgroup/bind6",
        "cgroup/connect4", "cgroup/connect6", "cgroup/sendmsg4", "cgroup/sendmsg6", "cgroup/recvmsg4", "cgroup/recvmsg6",
        "cgroup/getpeername4", "cgroup/getpeername6", "cgroup/getsockname4", "cgroup/getsockname6", "cgroup/sysctl", "cgroup/getsockopt",
        "cgroup/setsockopt", "cgroup/dev", "sk_lookup",
    ];

    [Fact]
    public void A_section_name_gives_a_program_of_the_type_that_libbpf_makes_of_it()
    {
        using FileSystemMount folder = new("bpf");
        ReferenceLoader reference = new(folder);
        List<string> differences = [];
        foreach (string name in Names)
        {
            byte[] content = Tools.CompileBpf($"{BpfPrelude.Text}SEC(\"{name}\") int f(void *ctx) {{ return 1; }}");
            LoadOutcome theirs = reference.Load("section", content);
            LoadOutcome ours = ManagedLoader.Load(content);
            bool isSame = ours.DifferenceTo(theirs) is null && ours.Types == theirs.Types;
            if (!isSame) differences.Add($"{name}: {ours.Refusal ?? ours.Types}, not {theirs.Refusal ?? theirs.Types}");
            output.WriteLine($"{name,-32} {ours.Refusal ?? ours.Types}");
        }

        Assert.Empty(differences);
    }

    /// <summary>Kinds that Debian 12's libbpf does not know; the kernel does.</summary>
    [Theory]
    [InlineData("tcx/ingress", "sched_cls")]
    [InlineData("tcx/egress", "sched_cls")]
    [InlineData("tc/ingress", "sched_cls")]
    [InlineData("netkit/primary", "sched_cls")]
    [InlineData("uprobe.multi", "kprobe")]
    [InlineData("uprobe.multi.s//bin/sh:f*", "kprobe")]
    [InlineData("uretprobe.multi", "kprobe")]
    [InlineData("uprobe.session", "kprobe")]
    [InlineData("kprobe.session", "kprobe")]
    [InlineData("cgroup/connect_unix", "cgroup_sock_addr")]
    [InlineData("cgroup/getsockname_unix", "cgroup_sock_addr")]
    [InlineData("sk_skb/verdict", "sk_skb")]
    public void A_newer_section_name_gives_a_program_that_the_kernel_takes(string name, string type)
    {
        LoadOutcome ours = ManagedLoader.Load(Tools.CompileBpf($"{BpfPrelude.Text}SEC(\"{name}\") int f(void *ctx) {{ return 1; }}"));
        Assert.Null(ours.Refusal);
        Assert.Equal($"f:{type}", ours.Types);
    }
}

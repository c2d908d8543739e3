using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Programs attached to a control group of the test's own, and what its processes do.</summary>
public sealed class CgroupLinkTests : IDisposable
{
    private const string Source = """
        u64 hits, others;
        SEC("KIND") int counts(void *ctx) { __sync_fetch_and_add(&hits, 1); return 1; }
        SEC("KIND") int counts_others(void *ctx) { __sync_fetch_and_add(&others, 1); return 1; }
        """;

    private const string TalksToItself =
        "python3 -c \"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); s.sendto(b'x', s.getsockname()); s.recvfrom(1)\"";

    private readonly FileSystemMount _mount = new("cgroup2");
    private readonly string _group;

    public CgroupLinkTests() => _group = _mount.Create($"emleak-test-{Environment.ProcessId}-{Guid.NewGuid():N}");

    public void Dispose()
    {
        Directory.Delete(_group);
        _mount.Dispose();
    }

    [Theory]
    [InlineData("cgroup_skb/egress", "exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3")]
    [InlineData("cgroup_skb/ingress", TalksToItself)]
    [InlineData("cgroup/skb", TalksToItself)]
    [InlineData("cgroup/post_bind4", TalksToItself)]
    [InlineData("cgroup/bind4", TalksToItself)]
    [InlineData("cgroup/sendmsg4", TalksToItself)]
    [InlineData("cgroup/recvmsg4", TalksToItself)]
    [InlineData("cgroup/getsockname4", TalksToItself)]
    [InlineData("cgroup/connect4", "exec 3<>/dev/udp/127.0.0.1/9")]
    [InlineData("cgroup/connect6", "exec 3<>/dev/udp/::1/9")]
    [InlineData("cgroup/sock_create", "exec 3<>/dev/udp/127.0.0.1/9")]
    [InlineData("cgroup/sock", "exec 3<>/dev/udp/127.0.0.1/9")]
    [InlineData("cgroup/sock_release", "exec 3<>/dev/udp/127.0.0.1/9; exec 3>&-")]
    [InlineData("cgroup/sysctl", "cat /proc/sys/kernel/ostype")]
    [InlineData("cgroup/dev", "cat /dev/zero | head -c 1")]
    public void A_program_runs_for_the_processes_of_the_group(string section, string work)
    {
        using BpfCollection loaded = Load(section);
        Work(work);
        foreach (AttachWay way in new[] { AttachWay.Link, AttachWay.Old })
        {
            loaded.WriteVariable("hits", 0ul);
            loaded.WriteVariable("others", 0ul);
            using (BpfLink link = CgroupAttachment.Attach(loaded.Programs["counts"], _group, null, way))
            {
                Assert.Equal(way == AttachWay.Link, link.EndsWithProcess);
                // Other processes are not in the group.
                Run(work);
                Assert.Equal(0ul, loaded.ReadVariable<ulong>("hits"));
                Work(work);
                Assert.NotEqual(0ul, loaded.ReadVariable<ulong>("hits"));
                link.Replace(loaded.Programs["counts_others"]);
                ulong before = loaded.ReadVariable<ulong>("hits");
                Work(work);
                Assert.Equal(before, loaded.ReadVariable<ulong>("hits"));
                Assert.NotEqual(0ul, loaded.ReadVariable<ulong>("others"));
            }

            ulong after = loaded.ReadVariable<ulong>("others");
            Work(work);
            Assert.Equal(after, loaded.ReadVariable<ulong>("others"));
        }
    }

    [Theory]
    [InlineData("sockops")]
    [InlineData("cgroup/post_bind4")]
    [InlineData("cgroup/post_bind6")]
    [InlineData("cgroup/bind4")]
    [InlineData("cgroup/bind6")]
    [InlineData("cgroup/connect_unix")]
    [InlineData("cgroup/sendmsg4")]
    [InlineData("cgroup/sendmsg6")]
    [InlineData("cgroup/sendmsg_unix")]
    [InlineData("cgroup/recvmsg4")]
    [InlineData("cgroup/recvmsg6")]
    [InlineData("cgroup/recvmsg_unix")]
    [InlineData("cgroup/getpeername4")]
    [InlineData("cgroup/getpeername6")]
    [InlineData("cgroup/getpeername_unix")]
    [InlineData("cgroup/getsockname4")]
    [InlineData("cgroup/getsockname6")]
    [InlineData("cgroup/getsockname_unix")]
    [InlineData("cgroup/getsockopt")]
    [InlineData("cgroup/setsockopt")]
    public void A_program_of_every_kind_is_attached_and_detached(string section)
    {
        using BpfCollection loaded = Load(section);
        foreach (AttachWay way in new[] { AttachWay.Link, AttachWay.Old })
        {
            using (BpfLink link = CgroupAttachment.Attach(loaded.Programs["counts"], _group, null, way))
            {
                if (way == AttachWay.Link) Assert.Equal(BpfLinkType.Cgroup, link.GetInfo().Type);
                if (IsKnownToTool(section)) Assert.Contains("counts", Attached(), StringComparison.Ordinal);
            }

            Assert.DoesNotContain("counts", Attached(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_of_another_kind_is_told()
    {
        using BpfCollection loaded = Load("cgroup/connect4");
        BpfException refused = Assert.Throws<BpfException>(() => loaded.Programs["counts"].AttachCgroup("/tmp"));
        Assert.Contains("no folder of a control-group file system", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<BpfException>(() => loaded.Programs["counts"].AttachCgroup("/no/such/folder"));
        Assert.Contains("ENOENT", refused.Message, StringComparison.Ordinal);
        using BpfCollection other = BpfSource.Compile("SEC(\"xdp\") int counts(void *ctx) { return 2; }").Load();
        Assert.Throws<InvalidOperationException>(() => other.Programs["counts"].AttachCgroup(_group));
    }

    private static BpfCollection Load(string section) => BpfSource.Compile(Source.Replace("KIND", section, StringComparison.Ordinal)).Load();

    // The installed bpftool is older than these.
    private static bool IsKnownToTool(string section) => !section.EndsWith("_unix", StringComparison.Ordinal);

    private string Attached() => Tools.Run("bpftool", $"cgroup show {_group}");

    private void Work(string work) => Run($"echo $BASHPID >{_group}/cgroup.procs; {work}");

    // The work may fail, for want of IPv6 for example, after the program has seen it.
    private static void Run(string work) => Tools.RunScript("bash", $"({work}) >/dev/null 2>&1; true");
}

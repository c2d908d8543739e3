using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Links and programs found by file and by number, and what the kernel tells of them.</summary>
public sealed class PinTests : IDisposable
{
    private const string Iterator = """
        static long (*bpf_seq_write)(void *, const void *, u32) = (void *)127;
        struct bpf_iter_meta { void *seq; } __attribute__((preserve_access_index));
        struct bpf_iter__task { struct bpf_iter_meta *meta; void *task; } __attribute__((preserve_access_index));
        SEC("fentry/task") int each_task(struct bpf_iter__task *ctx)
        {
            if (ctx->task)
                bpf_seq_write(ctx->meta->seq, "T", 1);
            return 0;
        }
        """;

    private readonly ProbedProgram _program = new();
    private readonly BpfCollection _loaded = BpfSource.Compile(BpfSource.Probes).Load();

    public void Dispose()
    {
        _loaded.Dispose();
        _program.Dispose();
    }

    [Fact]
    public void A_pinned_link_outlives_its_object_until_it_is_unpinned()
    {
        using FileSystemMount bpf = new("bpf");
        using ProbedProcess process = new(_program);
        UprobeOptions options = new() { Pid = process.Pid };
        using (BpfLink first = _loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, options))
        {
            first.Pin(bpf.PathOf("link"));
            Assert.Equal(bpf.PathOf("link"), first.PinnedPath);
            Assert.Throws<InvalidOperationException>(() => first.Pin(bpf.PathOf("again")));
        }

        process.Call(10);
        using (BpfLink again = BpfLink.OpenPinned(bpf.PathOf("link")))
        {
            Assert.Equal(BpfLinkType.PerfEvent, again.GetInfo().Type);
            again.Unpin();
            Assert.Null(again.PinnedPath);
            process.Call(10);
        }

        process.Call(10);
        Assert.Equal(20ul, _loaded.ReadVariable<ulong>("scaled"));
        Assert.Empty(Directory.GetFiles(bpf.Folder, "link"));
    }

    [Fact]
    public void What_the_kernel_knows_of_a_link_is_told()
    {
        using ProbedProcess process = new(_program);
        uint program = _loaded.Programs["on_exec"].GetInfo().Id;
        using BpfLink link = _loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_exec");
        LinkInfo info = link.GetInfo();
        Assert.Equal(new LinkInfo(info.Id, BpfLinkType.RawTracepoint, program, "sched_process_exec"), info);
        Assert.Contains(info.Id, BpfLink.Ids);
        using BpfLink same = BpfLink.OpenById(info.Id);
        Assert.Equal(info, same.GetInfo());
        using BpfLink uprobe = _loaded.Programs["on_call"].AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = process.Pid });
        Assert.Equal(_program.Path, uprobe.GetInfo().Target);
    }

    [Fact]
    public void What_the_kernel_knows_of_a_link_to_many_uprobes_is_told()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        spec.Programs["on_call"].ExpectedAttachType = BpfAttachType.TraceUprobeMulti;
        using BpfCollection loaded = spec.Load();
        using BpfLink link = loaded.Programs["on_call"].AttachUprobes(_program.Path, [new UprobeSite(_program.Offset)]);
        LinkInfo info = link.GetInfo();
        Assert.Equal(BpfLinkType.UprobeMulti, info.Type);
        Assert.Equal(_program.Path, info.Target);
    }

    [Fact]
    public void A_perf_event_without_a_link_runs_its_program_but_cannot_be_pinned()
    {
        using FileSystemMount bpf = new("bpf");
        using ProbedProcess process = new(_program);
        UprobeOptions options = new() { Pid = process.Pid };
        PerfEventAttachment attachment = new(_loaded.Programs["on_call"], "here", static _ => null);
        using (BpfLink link = attachment.Bind(UprobeAttachment.OpenEvent(attachment, _program.Path, _program.Offset, options), cookie: null, asLink: false))
        {
            process.Call(10);
            BpfException refused = Assert.Throws<BpfException>(() => link.Pin(bpf.PathOf("event")));
            Assert.Contains("is no link", refused.Message, StringComparison.Ordinal);
        }

        process.Call(10);
        Assert.Equal(10ul, _loaded.ReadVariable<ulong>("scaled"));
    }

    [Fact]
    public void A_pinned_program_is_opened_and_attached()
    {
        using FileSystemMount bpf = new("bpf");
        using ProbedProcess process = new(_program);
        BpfProgram original = _loaded.Programs["on_call"];
        original.Pin(bpf.PathOf("program"));
        using BpfProgram opened = BpfProgram.OpenPinned(bpf.PathOf("program"));
        Assert.Equal("on_call", opened.Name);
        Assert.Equal(BpfProgramType.Kprobe, opened.Type);
        ProgramInfo info = opened.GetInfo();
        Assert.Equal(original.GetInfo().Id, info.Id);
        Assert.Equal(16, info.Tag.Length);
        // calls, events, .bss, .data, .rodata
        Assert.Equal(5, info.MapIds.Count);
        Assert.Contains(info.Id, BpfProgram.Ids);
        using BpfProgram byId = BpfProgram.OpenById(info.Id);
        Assert.Equal(info.Tag, byId.GetInfo().Tag);
        using (opened.AttachUprobe(_program.Path, _program.Offset, new UprobeOptions { Pid = process.Pid })) process.Call(10);
        Assert.Equal(10ul, _loaded.ReadVariable<ulong>("scaled"));
    }

    [Fact]
    public void Pins_that_are_impossible_are_told_with_their_reason()
    {
        using FileSystemMount bpf = new("bpf");
        BpfProgram program = _loaded.Programs["on_call"];
        program.Pin(bpf.PathOf("program"));
        Refused("pinned there already", () => program.Pin(bpf.PathOf("program")));
        Refused("folder does not exist", () => program.Pin(bpf.PathOf("no/folder")));
        Refused("must be in a BPF file system", () => program.Pin($"{Path.GetTempPath()}/emleak-no-pin"));
        Refused("has no link pinned to it, but anon_inode:bpf-prog", () => BpfLink.OpenPinned(bpf.PathOf("program")).Dispose());
        Refused("ENOENT", () => BpfLink.OpenPinned(bpf.PathOf("nothing")).Dispose());
        Refused("not in a BPF file system", () => BpfProgram.OpenPinned("/etc/passwd").Dispose());
        Refused("no such number", () => BpfLink.OpenById(uint.MaxValue).Dispose());
    }

    [Fact]
    public void An_iterator_is_read_to_its_end()
    {
        BpfObject spec = BpfSource.Compile(Iterator);
        spec.Programs["each_task"].ExpectedAttachType = BpfAttachType.TraceIter;
        using BpfCollection loaded = spec.Load();
        using BpfLink link = loaded.Programs["each_task"].AttachTracing();
        int processes = Directory.GetDirectories("/proc").Count(static path => char.IsAsciiDigit(Path.GetFileName(path)[0]));
        using StreamReader reader = new(link.OpenIterator());
        string tasks = reader.ReadToEnd();
        Assert.True(tasks.Length >= processes, $"{tasks.Length} tasks of {processes} processes");
        Assert.Equal(new string('T', tasks.Length), tasks);
        using BpfLink other = _loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_exec");
        Refused("it is not an iterator", () => other.OpenIterator().Dispose());
    }

    private static void Refused(string reason, Action action) =>
        Assert.Contains(reason, Assert.Throws<BpfException>(action).Message, StringComparison.Ordinal);
}

using System.Diagnostics;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>What is left after disposing: nothing. Runs alone, because it counts this process's descriptors.</summary>
[Collection(nameof(DescriptorTests))]
[CollectionDefinition(nameof(DescriptorTests), DisableParallelization = true)]
public sealed class DescriptorTests(ITestOutputHelper output)
{
    private const int Probes = 20;

    [Fact]
    public void Disposing_leaves_no_descriptor()
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        int before = CountKernelObjects();
        using (BpfCollection loaded = spec.Load())
        using (new RingBuffer(loaded.Maps["events"]))
        using (loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_exec"))
        using (loaded.Programs["on_call"].AttachUprobe(program.Path, program.Offset, new UprobeOptions { Pid = process.Pid, Cookie = 1 }))
        {
            // Four programs, five maps, two links; the object's BTF and the cookie's perf event are closed already.
            Assert.Equal(before + 11, CountKernelObjects());
        }

        Assert.Equal(before, CountKernelObjects());
    }

    [Fact]
    public void A_load_that_fails_half_way_leaves_no_descriptor()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Probes + BpfSource.Refused);
        int before = CountKernelObjects();
        Assert.Throws<VerifierException>(() => spec.Load());
        Assert.Equal(before, CountKernelObjects());
    }

    [Fact]
    public void An_attachment_that_fails_leaves_no_descriptor()
    {
        using ProbedProgram program = new();
        BpfObject spec = BpfSource.Compile(BpfSource.Probes);
        using BpfCollection loaded = spec.Load();
        int before = CountKernelObjects();
        // Past the file's end there is nothing to probe.
        const ulong Nowhere = 1UL << 40;
        Assert.Throws<BpfException>(() => loaded.Programs["on_call"].AttachUprobe(program.Path, Nowhere));
        Assert.Throws<BpfException>(() => loaded.Programs["on_call"].AttachUprobe(program.Path, Nowhere, new UprobeOptions { Cookie = 1 }));
        // The program is of the wrong type.
        Assert.Throws<InvalidOperationException>(() => loaded.Programs["on_exec"].AttachUprobe(program.Path, program.Offset));
        Assert.Equal(before, CountKernelObjects());
    }

    [Fact]
    public void Many_probes_attach_and_detach()
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        using BpfCollection loaded = BpfSource.Compile(BpfSource.Probes).Load();
        UprobeOptions options = new() { Pid = process.Pid };
        long start = Stopwatch.GetTimestamp();
        List<BpfLink> links = [];
        for (int i = 0; i < Probes; i++) links.Add(loaded.Programs["on_call"].AttachUprobe(program.Path, program.Offset, options));
        TimeSpan attached = Stopwatch.GetElapsedTime(start);
        process.Call(1);
        start = Stopwatch.GetTimestamp();
        foreach (BpfLink link in links) link.Dispose();
        TimeSpan detached = Stopwatch.GetElapsedTime(start);
        process.Call(1);
        output.WriteLine($"attach {attached.TotalMicroseconds / Probes:f0} us, detach {detached.TotalMicroseconds / Probes:f0} us each");
        Assert.Equal((ulong)Probes, loaded.ReadVariable<ulong>("scaled"));
    }

    private static int CountKernelObjects()
    {
        int count = 0;
        foreach (string descriptor in Directory.GetFiles("/proc/self/fd"))
        {
            string? target = File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name;
            if (target is not null && (target.Contains("bpf", StringComparison.Ordinal) || target.Contains("btf", StringComparison.Ordinal) ||
                target.Contains("perf_event", StringComparison.Ordinal)))
            {
                count++;
            }
        }

        return count;
    }
}

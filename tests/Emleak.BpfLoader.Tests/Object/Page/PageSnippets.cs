using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Buffers;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.BpfLoader.Tests.Links;
using Emleak.BpfLoader.Tests.Programs;

namespace Emleak.BpfLoader.Tests.Object.Page;

/// <summary>The C# of docs/bpfloader.md, run. What stands between "snippet" and "end" is on the page.</summary>
public sealed class PageSnippets : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public PageSnippets() => File.WriteAllBytes(_path, Tools.CompileBpf(PageTests.ReadSource("calls.bpf.c")));

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Load_and_attach()
    {
        using ProbedProgram program = new();
        using ProbedProcess process = new(program);
        string path = _path, executable = program.Path;
        ulong fileOffset = program.Offset;
        int pid = process.Pid;

        // snippet: load
        BpfObject spec = BpfObject.Open(path);
        spec.SetConstant("report_from", 2u);
        spec.Maps["counts"].MaxEntries = 4096;
        using BpfCollection loaded = spec.Load();

        using BpfLink link = loaded.Programs["on_call"].AttachUprobe(executable, fileOffset, new UprobeOptions { Pid = pid });
        // end

        List<uint> numbers = [];
        process.Call(3);

        // snippet: events
        using IEventBuffer events = EventBuffer.Open(loaded.Maps["calls"]);
        while (events.Wait(TimeSpan.FromMilliseconds(100)))
        {
            events.Read(record => numbers.Add(MemoryMarshal.Read<Call>(record).Number));
        }
        // end

        // snippet: maps
        BpfMap<uint, ulong> counts = loaded.Maps["counts"].As<uint, ulong>();
        counts.TryLookup((uint)pid, out ulong calls);
        MapEntries<uint, ulong> all = counts.ReadAll();
        counts.Update(1, 100);                                            // makes the entry, or changes it
        bool isNew = counts.Update(1, 200, MapUpdateMode.NoExist);        // false: there is one
        counts.Delete(1);

        ulong total = loaded.ReadVariable<ulong>("total");
        loaded.WriteVariable("total", 0ul);
        // end

        Assert.Equal([2u, 3u], numbers);
        Assert.Equal((3ul, 1, 3ul), (calls, all.Count, total));
        Assert.False(isNew);
        Assert.False(counts.TryLookup(1, out _));
        Assert.Equal(0ul, loaded.ReadVariable<ulong>("total"));
    }

    [Fact]
    public void Kernel()
    {
        string path = _path;

        // snippet: kernel
        BpfObject spec = BpfObject.Open(path);
        LoadOptions options = new()
        {
            // Types of another source than /sys/kernel/btf/vmlinux: a file of BTFHub, for kernels without types of their own.
            KernelBtf = BtfTypes.Parse(File.ReadAllBytes("/sys/kernel/btf/vmlinux")),
            // Answers to __kconfig externs, instead of the kernel's.
            Configuration = new Dictionary<string, string>(StringComparer.Ordinal) { ["LINUX_KERNEL_VERSION"] = "0x60c00" },
            LeaveOut = ["on_call"],
        };
        using BpfCollection loaded = spec.Load(options);
        using BpfLink link = loaded.Programs["on_exec"].AttachRawTracepoint("sched_process_exec");
        // end

        Tools.Run("true", "");
        Assert.Equal(0x60c00, loaded.ReadVariable<int>("kernel"));
        Assert.NotEqual(0, loaded.ReadVariable<int>("last_tgid"));
    }

    [Fact]
    public void Sections()
    {
        string path = _path;
        int pid = Environment.ProcessId;

        // snippet: sections
        using BpfCollection loaded = BpfObject.Open(path).Load();
        using BpfLink link = loaded.Programs["on_exec"].Attach();
        // The same as SEC("uprobe/libc.so.6:malloc"), for one process.
        using BpfLink other = loaded.Programs["on_call"].AttachUprobe("libc.so.6", "malloc", new UprobeOptions { Pid = pid });
        // end

        Tools.Run("true", "");
        Assert.NotEqual(0, loaded.ReadVariable<int>("last_tgid"));
    }

    [Fact]
    public void Runs()
    {
        using BpfCollection loaded = BpfObject.Parse(Tools.CompileBpf(BpfPrelude.Text + "SEC(\"tc\") int looks(void *ctx) { return 7; }")).Load();
        using StringWriter output = new();

        // snippet: run
        byte[] packet = new byte[64], changed = new byte[64];
        ProgramRun run = loaded.Programs["looks"].Run(packet, changed);
        output.WriteLine($"{run.Result}, {run.OutputSize} bytes, {run.Duration}");
        // end

        Assert.StartsWith("7, 64 bytes", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Maps_of_maps()
    {
        using BpfCollection loaded = BpfObject.Open(_path).Load();

        // snippet: inner
        MapOfMaps<uint> outer = loaded.Maps["outer"].AsMapOfMaps<uint>();
        using BpfMap inner = BpfMap.Create(new MapSpec("second") { Type = Abi.BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 4 });
        outer.Update(2, inner);
        // end

        loaded.Maps["first"].As<uint, ulong>().Update(3, 17);
        using BpfMap? first = outer.Find(1);
        Assert.True(first!.As<uint, ulong>().TryLookup(3, out ulong value));
        Assert.Equal(17ul, value);
        using BpfMap? second = outer.Find(2);
        Assert.NotNull(second);
    }

    [Fact]
    public void Xdp() => NetworkSandbox.Run(() =>
    {
        using Socket receiver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ushort port = (ushort)((IPEndPoint)receiver.LocalEndPoint!).Port;
        using Socket sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        void Send(ushort to) => sender.SendTo(new byte[8], new IPEndPoint(IPAddress.Loopback, to));
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, Tools.CompileBpf(PageTests.ReadSource("drops.bpf.c")));

        // snippet: xdp
        using BpfCollection loaded = BpfObject.Open(path).Load();
        BpfMap<ushort, byte> blocked = loaded.Maps["blocked"].As<ushort, byte>();
        blocked.Update(port, 1);
        using (BpfLink link = loaded.Programs["drops"].AttachXdp(NetworkDevice.Find("lo")))
        {
            Send(port);
            blocked.Delete(port);
            Send(port);
        }
        // end

        // snippet: percpu
        PerCpuMap<uint, ulong> packets = loaded.Maps["packets"].AsPerCpu<uint, ulong>();
        ulong[] byCpu = new ulong[packets.CpuCount];
        packets.TryLookup(1, byCpu);
        ulong dropped = byCpu.Aggregate((sum, one) => sum + one);
        packets.Update(1, new ulong[packets.CpuCount]); // counts from 0 again
        // end

        File.Delete(path);
        Assert.Equal((1ul, 8), (dropped, receiver.Available));
        packets.TryLookup(1, byCpu);
        Assert.All(byCpu, static one => Assert.Equal(0ul, one));
    });

    [Fact]
    public void Errors()
    {
        BpfObject spec = BpfSource.Compile(BpfSource.Refused);
        using StringWriter log = new();

        // snippet: errors
        try
        {
            using BpfCollection loaded = spec.Load();
        }
        catch (VerifierException refused)
        {
            log.WriteLine(refused.Message); // the reason, the instruction, the source line
            log.WriteLine(refused.Log);     // all that the verifier says
        }
        catch (FeatureNotSupportedException missing)
        {
            log.WriteLine($"{missing.Feature}: needs Linux {missing.FirstKernelVersion}");
        }
        // end

        Assert.Contains("invalid mem access", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_kernel()
    {
        string path = _path;
        using StringWriter output = new();

        // snippet: offline
        BpfObject spec = BpfObject.Open(path);
        foreach (ProgramSpec program in spec.Programs.Values)
            output.WriteLine($"{program.Name}: {program.Type}, {program.SectionName}, {program.Instructions.Length} instructions");
        foreach (ExternSpec needed in spec.Externs.Values)
            output.WriteLine($"needs {needed.Name} ({needed.Kind}{(needed.IsWeak ? ", may be missing" : "")})");

        if (spec.Btf!.TryFind("task_struct", BtfKind.Struct, out BtfType task))
            output.WriteLine(new BtfPrinter(spec.Btf).Define(task.Id));

        if (KernelFeatures.UprobeMulti.Probe() == FeatureSupport.Yes) output.WriteLine("many uprobes by one link");
        // end

        string text = output.ToString();
        Assert.Contains("on_exec: RawTracepoint, raw_tp/sched_process_exec", text, StringComparison.Ordinal);
        Assert.Contains("needs LINUX_KERNEL_VERSION (Configuration)", text, StringComparison.Ordinal);
        Assert.Contains("struct task_struct {\n    int tgid;\n}", text, StringComparison.Ordinal);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Call
    {
        public uint Pid;
        public uint Number;
    }
}

using System.Diagnostics;
using System.Net;
using Emleak.BpfLoader;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.LoaderCheck;

// The first process of a virtual machine (eng/kernels/loader.sh): what this loader can do there that the kernel of the machine which
// the tests are run on may refuse. A line for each check: "ok NAME", "FAIL NAME: why", or
// "lacks NAME: why" for what the kernel does not have.
const string Folder = "/objects";
const string Nothing = "nothing";
const int SmallestPacket = 14;

if (args is [Nothing]) return 0;
Machine.MountFileSystems();
Console.WriteLine();
Console.WriteLine("--- checks");
foreach (string path in Directory.EnumerateFiles(Folder, "attach-*.o").Order(StringComparer.Ordinal)) Check(Path.GetFileNameWithoutExtension(path), () => Attach(path));
Check("freplace", Replace);
Check("fentry of a program", TraceProgram);
Check("struct_ops", UseStructure);
Network.SwitchOn(NetworkDevice.Find("lo"));
foreach (AttachWay way in new[] { AttachWay.Best, AttachWay.Old })
{
    Check($"xdp, {way}", () => Count("net-xdp", program => XdpAttachment.Attach(program, NetworkDevice.Find("lo"), XdpMode.Generic, way), IPAddress.Loopback));
    Check($"tc, {way}", () => Count(
        "net-tc", program => TrafficControlAttachment.Attach(program, NetworkDevice.Find("lo"), TrafficDirection.Egress, null, way), IPAddress.Loopback));
    Check($"cgroup, {way}", () => Count("net-cgroup", program => CgroupAttachment.Attach(program, Machine.ControlGroups, null, way), IPAddress.Loopback));
}

Check("netfilter", () => Count("net-netfilter", static program => program.AttachNetfilter(NetfilterFamily.IPv4, NetfilterHook.LocalOut), IPAddress.Loopback));
Check("sk_lookup", () => Count("net-sk-lookup", static program => program.AttachNetworkNamespace(), IPAddress.Loopback));
if (HasNetkit()) Check("netkit", () => Count("net-netkit", static program => program.AttachNetkit(Network.MakeNetkit(), NetkitEnd.Primary), Network.NetkitNeighbour));
Console.WriteLine("--- end");
Machine.TurnOff();
return 0;

static void Check(string name, Action run)
{
    try
    {
        run();
        Console.WriteLine($"ok {name}");
    }
    catch (BpfException e) when (e.Message.Contains("built without", StringComparison.Ordinal))
    {
        // Nothing to check: this kernel does not have it, or only in a module, and the machine holds none.
        Console.WriteLine($"lacks {name}: {e.Message.ReplaceLineEndings("; ")}");
    }
    catch (Exception e) when (e is BpfException or InvalidOperationException or IOException)
    {
        Console.WriteLine($"FAIL {name}: {e.Message.ReplaceLineEndings("; ")}");
    }
}

// The program is attached to what its section names, and counts.
static void Attach(string path)
{
    using BpfCollection loaded = BpfObject.Open(path).Load();
    using (loaded.Programs["counts"].Attach()) MakeNoise();
    if (loaded.ReadVariable<ulong>("hits") == 0) throw new InvalidOperationException("the program did not run");
}

// The program sees each of some datagrams, and none when it is detached.
static void Count(string name, Func<BpfProgram, BpfLink> attach, IPAddress to)
{
    const int Datagrams = 5;
    using BpfCollection loaded = Load(name);
    using (attach(loaded.Programs["counts"])) Network.Send(to, Datagrams);
    ulong seen = loaded.ReadVariable<ulong>("hits");
    Network.Send(to, Datagrams);
    if (seen < Datagrams || loaded.ReadVariable<ulong>("hits") != seen) throw new InvalidOperationException($"{seen} of {Datagrams}, then {loaded.ReadVariable<ulong>("hits")}");
}

// Linux 6.7.
static bool HasNetkit() => KernelFeatures.UprobeMultiByProcess.Probe() == FeatureSupport.Yes;

static void MakeNoise()
{
    _ = File.ReadAllText("/proc/self/status");
    using Process process = Process.Start("/init", Nothing);
    process.WaitForExit();
}

static void Replace()
{
    using BpfCollection loaded = Load("replaced");
    BpfProgram asks = loaded.Programs["asks"];
    using BpfCollection replacement = Load("replacement", ("replaces", asks));
    uint before = Run(asks), during;
    using (replacement.Programs["replaces"].Attach()) during = Run(asks);
    if ((before, during, Run(asks)) is not (2, 101, 2)) throw new InvalidOperationException($"{before}, {during}, {Run(asks)}");
}

static void TraceProgram()
{
    using BpfCollection loaded = Load("replaced");
    BpfProgram asks = loaded.Programs["asks"];
    using BpfCollection tracer = Load("traces", ("counts", asks));
    using (tracer.Programs["counts"].Attach()) Run(asks);
    if (tracer.ReadVariable<ulong>("hits") != 1) throw new InvalidOperationException("the program did not run once");
}

static void UseStructure()
{
    const string Known = "/proc/sys/net/ipv4/tcp_available_congestion_control";
    using BpfCollection loaded = Load("struct-ops");
    using BpfLink link = loaded.Maps["emleak_congestion"].Attach();
    if (!File.ReadAllText(Known).Contains("emleak_test", StringComparison.Ordinal)) throw new InvalidOperationException("the kernel does not know it");
}

static BpfCollection Load(string name, params (string Program, BpfProgram Target)[] targets) => BpfObject.Open($"{Folder}/{name}.o").Load(
    new LoadOptions { TargetPrograms = targets.ToDictionary(static one => one.Program, static one => one.Target, StringComparer.Ordinal) });

static uint Run(BpfProgram program) => program.Run(new byte[SmallestPacket]).Result;

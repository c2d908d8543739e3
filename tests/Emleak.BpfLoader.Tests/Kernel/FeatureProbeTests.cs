using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Kernel;

/// <summary>Probes of types and helpers, beside what <c>bpftool feature probe</c> finds on the same kernel.</summary>
public sealed partial class FeatureProbeTests(ITestOutputHelper output)
{
    // Of bpftool 7.1, the oldest that these tests are run with.
    private const BpfFunctionId NewestOfBpftool = BpfFunctionId.UserRingbufDrain;

    private static readonly Lazy<JsonElement> Answers =
        new(static () => JsonDocument.Parse(Tools.Run("bpftool", "feature probe -j")).RootElement);

    [Fact]
    public void Program_types_are_those_that_bpftool_finds()
    {
        List<BpfProgramType> compared = [];
        foreach (JsonProperty one in Answers.Value.GetProperty("program_types").EnumerateObject())
        {
            if (!TryParse(one.Name, "have_", "_prog_type", out BpfProgramType type)) continue;
            compared.Add(type);
            FeatureSupport ours = KernelFeatures.ProgramType(type);
            FeatureSupport theirs = one.Value.GetBoolean() ? FeatureSupport.Yes : FeatureSupport.No;
            if (ours == theirs) continue;
            output.WriteLine($"{type}: {ours}, bpftool: {theirs}");
            // Some kernels refuse these types to everyone, which bpftool takes for a no.
            Assert.Equal(FeatureSupport.Unknown, ours);
            Assert.StartsWith(nameof(Errno.NotPermitted), LogOf(type, ProbeCode.Trivial), StringComparison.Ordinal);
        }

        Assert.True(compared.Count >= 30, $"only {compared.Count} types");
        Assert.Equal(FeatureSupport.No, KernelFeatures.ProgramType((BpfProgramType)1_000));
    }

    [Fact]
    public void Map_types_are_those_that_bpftool_finds()
    {
        List<BpfMapType> compared = [];
        foreach (JsonProperty one in Answers.Value.GetProperty("map_types").EnumerateObject())
        {
            if (!TryParse(one.Name, "have_", "_map_type", out BpfMapType type)) continue;
            compared.Add(type);
            FeatureSupport theirs = one.Value.GetBoolean() ? FeatureSupport.Yes : FeatureSupport.No;
            Assert.True(KernelFeatures.MapType(type) == theirs, $"{type}: {KernelFeatures.MapType(type)}, bpftool: {theirs}");
        }

        Assert.True(compared.Count >= 30, $"only {compared.Count} types");
        Assert.Equal(FeatureSupport.No, KernelFeatures.MapType((BpfMapType)1_000));
    }

    [Fact]
    public void Map_types_newer_than_bpftool_are_found()
    {
        // Both are in every kernel from 6.9 on that has cgroups, on the machines that these tests are run on.
        if (KernelFeatures.Tokens.Probe() != FeatureSupport.Yes) Assert.Skip("needs kernel 6.9");
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.MapType(BpfMapType.CgrpStorage));
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.MapType(BpfMapType.Arena));
    }

    [Theory]
    [InlineData(BpfProgramType.Kprobe)]
    [InlineData(BpfProgramType.Xdp)]
    [InlineData(BpfProgramType.SocketFilter)]
    public void Helpers_are_those_that_bpftool_finds(BpfProgramType type)
    {
        string list = type switch { BpfProgramType.Kprobe => "kprobe", BpfProgramType.Xdp => "xdp", _ => "socket_filter" };
        JsonElement names = Answers.Value.GetProperty("helpers").GetProperty($"{list}_available_helpers");
        HashSet<BpfFunctionId> theirs = [.. names.EnumerateArray().Select(static name => Parse<BpfFunctionId>(name.GetString()!["bpf_".Length..]))];
        int yes = 0, no = 0, misread = 0;
        foreach (BpfFunctionId helper in theirs)
        {
            FeatureSupport ours = KernelFeatures.Helper(type, helper);
            if (ours == FeatureSupport.Yes)
            {
                yes++;
                continue;
            }

            // Kernels since 6.12 say this in words that bpftool 7.1 takes for a complaint about arguments.
            Assert.Equal(FeatureSupport.No, ours);
            Assert.Contains("program of this type cannot use helper", LogOf(type, [ProbeCode.Call(helper), ProbeCode.Exit]), StringComparison.Ordinal);
            misread++;
        }

        foreach (BpfFunctionId helper in Enum.GetValues<BpfFunctionId>().Where(one => !theirs.Contains(one) && IsAskedFor(one)))
        {
            Assert.Equal(FeatureSupport.No, KernelFeatures.Helper(type, helper));
            no++;
        }

        output.WriteLine($"{type}: {yes} yes, {no} no, {misread} that bpftool takes for yes");
        Assert.True(yes > 40, $"only {yes} helpers");
    }

    [Theory]
    [InlineData(BpfProgramType.Kprobe, BpfFunctionId.ProbeReadUser, FeatureSupport.Yes)]
    [InlineData(BpfProgramType.Kprobe, BpfFunctionId.GetAttachCookie, FeatureSupport.Yes)]
    [InlineData(BpfProgramType.Kprobe, BpfFunctionId.XdpAdjustHead, FeatureSupport.No)]
    [InlineData(BpfProgramType.Xdp, BpfFunctionId.XdpAdjustHead, FeatureSupport.Yes)]
    [InlineData(BpfProgramType.Xdp, BpfFunctionId.GetStackid, FeatureSupport.No)]
    [InlineData(BpfProgramType.SocketFilter, BpfFunctionId.SkbLoadBytes, FeatureSupport.Yes)]
    [InlineData(BpfProgramType.SocketFilter, BpfFunctionId.XdpAdjustHead, FeatureSupport.No)]
    [InlineData(BpfProgramType.Kprobe, (BpfFunctionId)100_000, FeatureSupport.No)]
    [InlineData(BpfProgramType.StructOps, BpfFunctionId.GetStackid, FeatureSupport.Unknown)]
    public void A_helper_is_there_for_some_types_of_programs(BpfProgramType type, BpfFunctionId helper, FeatureSupport answer) =>
        Assert.Equal(answer, KernelFeatures.Helper(type, helper));

    [Fact]
    public void Helpers_of_programs_at_functions_are_found_at_one()
    {
        if (KernelFeatures.ProgramType(BpfProgramType.Tracing) != FeatureSupport.Yes) Assert.Skip("this kernel refuses programs at functions");
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.Helper(BpfProgramType.Tracing, BpfFunctionId.GetStackid));
        Assert.Equal(FeatureSupport.No, KernelFeatures.Helper(BpfProgramType.Tracing, BpfFunctionId.XdpAdjustHead));
    }

    [Fact]
    public void The_verifiers_abilities_are_those_that_bpftool_finds()
    {
        JsonElement others = Answers.Value.GetProperty("misc");
        Assert.Equal(others.GetProperty("have_bounded_loops").GetBoolean(), KernelFeatures.BoundedLoops.Probe() == FeatureSupport.Yes);
        Assert.Equal(others.GetProperty("have_large_insn_limit").GetBoolean(), KernelFeatures.LargePrograms.Probe() == FeatureSupport.Yes);
        Assert.NotEqual(FeatureSupport.Unknown, KernelFeatures.Tokens.Probe());
    }

    [Fact]
    public void Callers_without_rights_are_told_that_it_could_not_be_told()
    {
        FeatureSupport[] answers = [];
        Thread thread = new(() =>
        {
            DropRightsOfThisThread();
            answers =
            [
                ProgramProbe.Type(BpfProgramType.Kprobe),
                ProgramProbe.Helper(BpfProgramType.Kprobe, BpfFunctionId.GetStackid),
                ProgramProbe.LargePrograms(),
                ProgramProbe.BoundedLoops(),
                MapTypeProbe.Of(BpfMapType.LruHash),
            ];
        });
        thread.Start();
        thread.Join();
        Assert.All(answers, static answer => Assert.Equal(FeatureSupport.Unknown, answer));
        Assert.Equal(5, answers.Length);
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.ProgramType(BpfProgramType.Kprobe));
    }

    // Without those that write to the kernel's log when they are verified.
    private static bool IsAskedFor(BpfFunctionId helper) =>
        helper is not (BpfFunctionId.TracePrintk or BpfFunctionId.TraceVprintk or BpfFunctionId.ProbeWriteUser) && helper <= NewestOfBpftool;

    private static string LogOf(BpfProgramType type, BpfInstruction[] code)
    {
        byte[] log = new byte[4096];
        Errno errno = ProbeCode.Load(type, type == BpfProgramType.Tracing ? BpfAttachType.TraceFentry : default, code, log, out BpfHandle? program);
        program?.Dispose();
        return $"{errno}: {Encoding.UTF8.GetString(log).TrimEnd('\0')}";
    }

    private static bool TryParse<TEnum>(string text, string prefix, string suffix, out TEnum value)
        where TEnum : struct, Enum
    {
        value = default;
        if (!text.StartsWith(prefix, StringComparison.Ordinal) || !text.EndsWith(suffix, StringComparison.Ordinal)) return false;
        value = Parse<TEnum>(text[prefix.Length..^suffix.Length]);
        return true;
    }

    private static TEnum Parse<TEnum>(string name)
        where TEnum : struct, Enum => Enum.Parse<TEnum>(Pascal(name));

    private static string Pascal(string name) => string.Concat(name.Split('_').Select(static part => char.ToUpperInvariant(part[0]) + part[1..]));

    // Rights belong to threads; libc's function changes those of the caller.
    private static unsafe void DropRightsOfThisThread()
    {
        const uint Version3 = 0x20080522;
        uint* header = stackalloc uint[2] { Version3, 0 };
        uint* sets = stackalloc uint[6];
        Assert.Equal(0, SetCapabilities(header, sets));
    }

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int SetCapabilities(uint* header, uint* sets);
}

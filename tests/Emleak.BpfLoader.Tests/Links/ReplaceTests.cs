using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.BpfLoader.Links;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Links;

/// <summary>Functions of programs, replaced and traced by other programs.</summary>
public sealed class ReplaceTests
{
    private const int SmallestPacket = 14;

    private const string Replaced = BpfPrelude.Text + """
        __noinline int judge(int number) { volatile int result = number + 1; return result; }
        SEC("xdp") int asks(void *ctx) { return judge(1); }
        """;

    private const string Replacement = BpfPrelude.Text + """
        SEC("freplace/judge") int replaces(int number) { return number + 100; }
        """;

    [Fact]
    public void A_function_is_replaced_until_the_link_is_disposed()
    {
        using BpfCollection loaded = BpfObject.Parse(Tools.CompileBpf(Replaced)).Load();
        BpfProgram asks = loaded.Programs["asks"];
        Assert.Equal(2u, asks.Run(new byte[SmallestPacket]).Result);
        using BpfCollection replacement = LoadReplacement(Replacement, asks);
        using (replacement.Programs["replaces"].Attach()) Assert.Equal(101u, asks.Run(new byte[SmallestPacket]).Result);
        Assert.Equal(2u, asks.Run(new byte[SmallestPacket]).Result);
    }

    [Fact]
    public void Who_is_to_be_replaced_must_be_said_and_have_the_function()
    {
        using BpfCollection loaded = BpfObject.Parse(Tools.CompileBpf(Replaced)).Load();
        BpfObject spec = BpfObject.Parse(Tools.CompileBpf(Replacement));
        Assert.Contains("TargetPrograms", Assert.Throws<BpfException>(() => spec.Load()).Message, StringComparison.Ordinal);
        BpfObject other = BpfObject.Parse(Tools.CompileBpf(Replacement.Replace("freplace/judge", "freplace/nobody", StringComparison.Ordinal)));
        BpfException missing = Assert.Throws<BpfException>(() => other.Load(To(loaded.Programs["asks"])));
        Assert.Contains("'nobody'", missing.Message, StringComparison.Ordinal);
    }

    private static LoadOptions To(BpfProgram target) =>
        new() { TargetPrograms = new Dictionary<string, BpfProgram>(StringComparer.Ordinal) { ["replaces"] = target } };

    private static BpfCollection LoadReplacement(string source, BpfProgram target)
    {
        try
        {
            return BpfObject.Parse(Tools.CompileBpf(source)).Load(To(target));
        }
        catch (VerifierException refused) when (refused.ErrorNumber == 1 && KernelFeatures.ProgramType(BpfProgramType.Tracing) != FeatureSupport.Yes)
        {
            Assert.Skip("this kernel refuses all programs that are put in the place of functions");
            throw;
        }
    }
}

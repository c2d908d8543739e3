using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Kernel;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Kernel;

/// <summary>What is asked of the kernel besides loading.</summary>
public sealed class KernelTests
{
    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-1\n", 2)]
    [InlineData("0-3,8-11\n", 12)]
    [InlineData("0,2,4\n", 5)]
    public void Possible_cpus_are_counted_to_the_highest(string list, int count) => Assert.Equal(count, PossibleCpus.Parse(list));

    [Theory]
    [InlineData("")]
    [InlineData("0-")]
    [InlineData("a")]
    [InlineData("0-99999999")]
    public void A_bad_cpu_list_is_malformed(string list) => Assert.Throws<MalformedDataException>(() => PossibleCpus.Parse(list));

    [Fact]
    public void Possible_cpus_are_at_least_those_online() => Assert.True(PossibleCpus.Count >= Environment.ProcessorCount);

    [Fact]
    public void The_uprobe_pmu_is_found_in_sysfs()
    {
        Assert.NotEqual(0u, ProbePmu.Uprobe.Type);
        Assert.NotEqual(0ul, ProbePmu.Uprobe.ReturnProbe);
    }

    [Fact]
    public void A_kernel_without_the_uprobe_pmu_is_told_by_name()
    {
        FeatureNotSupportedException missing = Assert.Throws<FeatureNotSupportedException>(() => ProbePmu.Read("/nonexistent", "uprobes through perf events", "CONFIG_UPROBE_EVENTS"));
        Assert.Contains("CONFIG_UPROBE_EVENTS", missing.Message, StringComparison.Ordinal);
        Assert.Equal("4.17", missing.FirstKernelVersion);
    }

    [Fact]
    public void A_kernel_without_btf_is_told_by_name()
    {
        FeatureNotSupportedException missing = Assert.Throws<FeatureNotSupportedException>(() => KernelBtf.Read("/nonexistent/vmlinux"));
        Assert.Contains("CONFIG_DEBUG_INFO_BTF", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_this_kernel_are_found()
    {
        // Every kernel that these tests are run on is newer than 5.15.
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.MappableArrays.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.GlobalData.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.RingBuffers.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.ProgramBtf.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.GlobalFunctions.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.UprobeCookies.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.AttachCookie.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.BatchOperations.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.TaskStorage.Probe());
    }

    [Fact]
    public void Links_to_many_uprobes_are_found()
    {
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.UprobeMulti.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.UprobeMultiByProcess.Probe());
        Assert.Equal(FeatureSupport.Yes, KernelFeatures.UprobeSession.Probe());
        // No kernel has links of this kind: the probe must be able to answer no.
        Assert.Equal(FeatureSupport.No, LinkProbe.Uprobes((BpfAttachType)1_000));
    }

    [Fact]
    public void A_probe_that_could_not_tell_is_asked_again_and_an_answer_is_kept()
    {
        int asked = 0;
        KernelFeature feature = new("id", "patience", "9.9", () => ++asked == 1 ? FeatureSupport.Unknown : FeatureSupport.No);
        Assert.Equal(FeatureSupport.Unknown, feature.Probe());
        Assert.Equal(FeatureSupport.No, feature.Probe());
        Assert.Equal(FeatureSupport.No, feature.Probe());
        Assert.Equal(2, asked);
    }

    [Fact]
    public void The_version_code_is_what_old_kernels_expect()
    {
        Assert.Equal(0x04_12_00u, KernelVersion.Encode(new Version(4, 18, 0)));
        Assert.Equal(0x04_13_ffu, KernelVersion.Encode(new Version(4, 19, 300)));
    }

    [Theory]
    [InlineData("", "#1 SMP Debian 4.19.304-1 (2024-01-09)", "4.19.304")]
    [InlineData("Ubuntu 4.15.0-213.224-generic 4.15.18\n", "#224-Ubuntu SMP Mon Jun 19", "4.15.18")]
    [InlineData("", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.170-1 (2026-10-01)", "6.1.170")]
    [InlineData("", "#1 SMP PREEMPT_DYNAMIC", "4.18.0")]
    [InlineData("Ubuntu", "Debian 5", "4.18.0")]
    public void The_version_of_distributions_is_found_where_they_tell_it(string signature, string build, string version) =>
        Assert.Equal(Version.Parse(version), KernelVersion.Find(signature, build, new Version(4, 18, 0)));
}

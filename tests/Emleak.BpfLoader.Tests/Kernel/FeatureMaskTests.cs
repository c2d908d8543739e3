using Emleak.BpfLoader.Kernel;

namespace Emleak.BpfLoader.Tests.Kernel;

public sealed class FeatureMaskTests
{
    [Fact]
    public void A_mask_hides_what_it_names_and_nothing_else()
    {
        FeatureMask mask = FeatureMask.Parse("ring-buffer, batch", KernelFeatures.All);
        Assert.Equal(
            ["batch", "ring-buffer"],
            KernelFeatures.All.Where(mask.Hides).Select(feature => feature.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void All_after_a_version_hides_what_came_later()
    {
        FeatureMask mask = FeatureMask.Parse("all-6.6", KernelFeatures.All);
        Assert.True(mask.Hides(KernelFeatures.UprobeSession));
        Assert.True(mask.Hides(KernelFeatures.UprobeMultiByProcess));
        Assert.False(mask.Hides(KernelFeatures.UprobeMulti));
        Assert.True(KernelFeatures.All.All(FeatureMask.Parse("all-4.18", KernelFeatures.All).Hides));
    }

    [Theory]
    [InlineData("ring-bufer")]
    [InlineData("batch,none")]
    [InlineData("all-")]
    public void Unknown_names_are_refused_and_the_known_ones_told(string text)
    {
        BpfException problem = Assert.Throws<BpfException>(() => FeatureMask.Parse(text, KernelFeatures.All));
        Assert.Contains("ring-buffer", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_feature_has_an_id_of_its_own_and_is_listed()
    {
        Assert.Distinct(KernelFeatures.All.Select(feature => feature.Id));
        int declared = typeof(KernelFeatures).GetProperties().Count(property => property.PropertyType == typeof(KernelFeature));
        Assert.Equal(declared, KernelFeatures.All.Count);
    }
}

using Emleak.Tests.Support;

namespace Emleak.Tests;

/// <summary>
/// Features of newer kernels masked (EMLEAK_MASK): what is done without them says the same bytes and counts. Ways of attaching have
/// their tests elsewhere (AttachMasks).
/// </summary>
public sealed class MaskTests
{
    private static readonly (string Name, string Outermost)[] Everyday = [("allocators", "main"), ("reallocs", "main"), ("mappings", "main"), ("threads", "work")];

    public static TheoryData<string, string, string> Masks { get; } = new(
        from mask in (string[])["task-storage", "batch", "loop-helper"]
        from workload in Everyday
        select (mask, workload.Name, workload.Outermost));

    [Theory]
    [MemberData(nameof(Masks))]
    public void Without_a_feature_it_says_the_same(string mask, string name, string outermost)
    {
        using TestFolder folder = new();
        using Workload workload = new(name, folder.Path);
        using EmleakRun emleak = EmleakRun.AttachWith($"EMLEAK_MASK={mask}", workload, folder.Path);
        ExactnessTests.AssertSameHolds(workload, emleak, outermost);
    }

    [Fact]
    public void A_mask_of_an_unknown_feature_is_refused()
    {
        using TestFolder folder = new();
        using Workload workload = new("allocators", folder.Path);
        using EmleakRun emleak = new("EMLEAK_MASK=ring-bufer", folder.Path, [Path.Combine(AppContext.BaseDirectory, "emleak"), "-p", $"{workload.Pid}"]);
        Assert.NotEqual(0, emleak.WaitForExit());
        Assert.Contains("there is no kernel feature 'ring-bufer'", emleak.Errors, StringComparison.Ordinal);
    }
}

using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>What newer objects use: this loader does with each what libbpf does.</summary>
public sealed class FeatureObjectTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. FeatureObjects.Sources.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_object_is_loaded_or_refused_as_libbpf_does_and_translated_identically(string name)
    {
        byte[] content = FeatureObjects.Compile(name);
        using FileSystemMount folder = new("bpf");
        LoadOutcome theirs = new ReferenceLoader(folder).Load("feature", content);
        LoadOutcome ours = ManagedLoader.Load(content);
        output.WriteLine($"libbpf: {theirs.Refusal ?? $"{theirs.Programs.Count} programs"}");
        output.WriteLine($"emleak: {ours.Refusal ?? $"{ours.Programs.Count} programs"}");
        string? difference = ours.DifferenceTo(theirs);
        Assert.True(difference is null, difference);
    }
}

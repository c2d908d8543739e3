using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Fifty objects that others wrote: this loader does with each what libbpf does.</summary>
public sealed class LibbpfToolsTests(ITestOutputHelper output)
{
    [Fact]
    public void Objects_of_libbpf_tools_are_loaded_and_refused_as_libbpf_does_and_translated_identically()
    {
        IReadOnlyList<(string Tool, byte[] Object)> objects = EmbeddedObjects.FindAll();
        Assert.SkipWhen(objects.Count == 0, "the package libbpf-tools is not installed");
        using BpfFolder folder = new();
        ReferenceLoader reference = new(folder);
        List<string> differences = [];
        int loaded = 0;
        int programs = 0;
        foreach ((string tool, byte[] content) in objects)
        {
            LoadOutcome theirs = reference.Load(tool, content);
            LoadOutcome ours = ManagedLoader.Load(content);
            string? difference = ours.DifferenceTo(theirs);
            if (difference is not null) differences.Add($"{tool}: {difference}");
            if (ours.Refusal is null) loaded++;
            programs += ours.Programs.Count;
            string verdict = difference is not null ? "DIFFERENT" : ours.Refusal is null ? "loaded" : "refused";
            output.WriteLine($"{tool,-16} {verdict,-10} {difference ?? ours.Refusal ?? $"{ours.Programs.Count} programs, identical"}");
        }

        output.WriteLine($"{objects.Count} objects: {loaded} loaded ({programs} programs), {objects.Count - loaded} refused, {differences.Count} different");
        Assert.True(objects.Count >= 50, $"{objects.Count} objects found");
        Assert.Empty(differences);
    }
}

using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Objects that others wrote: this loader does with each what libbpf does.</summary>
public sealed class PackagedObjectTests(ITestOutputHelper output)
{
    // A folder with further objects, to be looked at by hand.
    private const string Folder = "EMLEAK_BPF_OBJECTS";

    [Theory]
    [InlineData("libbpf-tools", 50)]
    [InlineData("xdp-tools", 25)]
    [InlineData("libxdp1", 14)]
    public void Objects_of_a_package_are_loaded_and_refused_as_libbpf_does_and_translated_identically(string package, int least)
    {
        IReadOnlyList<(string Name, byte[] Content)> objects = EmbeddedObjects.OfPackage(package);
        Assert.SkipWhen(objects.Count == 0, $"the package {package} is not installed");
        Assert.True(objects.Count >= least, $"{objects.Count} objects found");
        Compare(objects);
    }

    [Fact(Explicit = true)]
    public void Objects_of_a_folder_are_loaded_and_refused_as_libbpf_does_and_translated_identically() =>
        Compare(EmbeddedObjects.In(Directory.EnumerateFiles(Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"{Folder} names no folder"))));

    private void Compare(IReadOnlyList<(string Name, byte[] Content)> objects)
    {
        using FileSystemMount folder = new("bpf");
        ReferenceLoader reference = new(folder);
        List<string> differences = [];
        int loaded = 0;
        int programs = 0;
        foreach ((string name, byte[] content) in objects)
        {
            LoadOutcome theirs = reference.Load(name.Replace('.', '_'), content);
            LoadOutcome ours = ManagedLoader.Load(content);
            string? difference = ours.DifferenceTo(theirs);
            if (difference is not null) differences.Add($"{name}: {difference}");
            if (ours.Refusal is null) loaded++;
            programs += ours.Programs.Count;
            string verdict = difference is not null ? "DIFFERENT" : ours.Refusal is null ? "loaded" : "refused";
            output.WriteLine($"{name,-24} {verdict,-10} {difference ?? ours.Refusal ?? $"{ours.Programs.Count} programs, identical"}");
        }

        output.WriteLine($"{objects.Count} objects: {loaded} loaded ({programs} programs), {objects.Count - loaded} refused, {differences.Count} different");
        Assert.Empty(differences);
    }
}

using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>
/// What is newer than the libbpf of the bpftool that is installed is loaded all the same; what that libbpf loads is translated
/// identically.
/// </summary>
public sealed class NewerObjectTests(ITestOutputHelper output)
{
    // Loaded by older ones too, which find nothing under names with a flavour.
    private const string Misread = "kernel-function-flavours";

    public static TheoryData<string, string> Objects => new(
        from name in NewerObjects.Names
        from cpu in name.EndsWith("v4", StringComparison.Ordinal) ? (string[])["v4"] : ["v3", "v4"]
        select (name, cpu));

    [Theory]
    [MemberData(nameof(Objects))]
    public void An_object_is_loaded_and_translated_as_libbpf_does_if_it_can(string name, string cpu)
    {
        byte[] content = NewerObjects.Compile(name, cpu);
        LoadOutcome ours = ManagedLoader.Load(content);
        Assert.True(ours.Refusal is null, ours.Refusal);
        using FileSystemMount folder = new("bpf");
        LoadOutcome theirs = new ReferenceLoader(folder).Load("newer", content);
        if (theirs.Refusal is not null)
        {
            output.WriteLine($"{ours.Programs.Count} programs; the installed bpftool does not load them: {theirs.Refusal}");
            return;
        }

        string? difference = ours.DifferenceTo(theirs);
        if (name == Misread && difference is not null)
        {
            output.WriteLine($"libbpf before 1.3 does not know these names: {difference}");
            return;
        }

        Assert.True(difference is null, difference);
        output.WriteLine($"{ours.Programs.Count} programs, identical");
    }
}

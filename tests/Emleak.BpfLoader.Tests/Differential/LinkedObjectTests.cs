using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Differential;

/// <summary>Objects that libbpf's linker made of several (<c>bpftool gen object</c>), and those without debug information.</summary>
public sealed class LinkedObjectTests
{
    [Theory]
    [InlineData("callbacks iterators")]
    [InlineData("map-kinds may-goto cpu-v4")]
    [InlineData("kptr collections")]
    [InlineData("struct-ops-old callbacks")]
    public void A_linked_object_is_translated_as_libbpf_does(string names)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-linked-").FullName;
        try
        {
            string linked = Path.Combine(folder, "linked.o");
            string[] parts = [.. names.Split(' ').Select(name => Write(folder, name))];
            Tools.Run("bpftool", $"gen object {linked} {string.Join(' ', parts)}");
            Compare(File.ReadAllBytes(linked));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("callbacks")]
    [InlineData("kptr")]
    public void An_object_without_debug_information_is_translated_as_libbpf_does(string name)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-linked-").FullName;
        try
        {
            string file = Write(folder, name);
            Tools.Run("llvm-strip-19", $"-g {file}");
            Compare(File.ReadAllBytes(file));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Write(string folder, string name)
    {
        string file = Path.Combine(folder, $"{name}.o");
        File.WriteAllBytes(file, NewerObjects.Compile(name, "v4"));
        return file;
    }

    private static void Compare(byte[] content)
    {
        using FileSystemMount folder = new("bpf");
        LoadOutcome theirs = new ReferenceLoader(folder).Load("linked", content);
        Assert.Null(theirs.Refusal);
        Assert.NotEmpty(theirs.Programs);
        string? difference = ManagedLoader.Load(content).DifferenceTo(theirs);
        Assert.True(difference is null, difference);
    }
}

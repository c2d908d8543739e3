using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Object;

/// <summary>Parsing is the same on every machine: the rooms that parse do not reach those that know the kernel.</summary>
public sealed class PurityTests
{
    private static readonly string[] Pure = ["Btf", "Object", "Core", "Rewriting"];
    private static readonly string[] Impure = ["Syscalls", "Kernel", "Maps", "Programs", "Links", "Buffers"];

    [Fact]
    public void Rooms_that_parse_name_no_room_that_knows_the_kernel()
    {
        List<string> offences = [];
        int files = 0;
        foreach (string room in Pure)
        {
            foreach (string file in Directory.EnumerateFiles(Repository.PathOf("src", "Emleak.BpfLoader", room), "*.cs"))
            {
                files++;
                string text = File.ReadAllText(file);
                offences.AddRange(Impure.Where(name => text.Contains("Emleak.BpfLoader." + name, StringComparison.Ordinal)).Select(name => $"{file}: {name}"));
            }
        }

        Assert.True(files > 30, $"{files} files read");
        Assert.Empty(offences);
    }

    [Fact]
    public void Rooms_that_parse_call_no_native_function()
    {
        using PEReader image = new(File.OpenRead(typeof(BpfObject).Assembly.Location));
        MetadataReader metadata = image.GetMetadataReader();
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            string room = metadata.GetString(type.Namespace).Replace("Emleak.BpfLoader.", "", StringComparison.Ordinal);
            if (!Pure.Contains(room, StringComparer.Ordinal)) continue;
            Assert.All(type.GetMethods(), method => Assert.Equal(
                (MethodAttributes)0, metadata.GetMethodDefinition(method).Attributes & MethodAttributes.PinvokeImpl));
        }
    }
}

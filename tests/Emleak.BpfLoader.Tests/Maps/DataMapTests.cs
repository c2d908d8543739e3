using System.Text.Json;
using Emleak.BpfLoader.Maps;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Maps;

/// <summary>Data maps as tools find them.</summary>
public sealed class DataMapTests
{
    private const string Source = BpfPrelude.Text + """
        const volatile int constant = 5;
        int zero, one = 1;
        int mine SEC(".data.mine") = 7;
        SEC("raw_tp/sched_switch") int reads(void *ctx) { return zero + one + mine; }
        SEC("raw_tp/sched_switch") int constants(void *ctx) { return constant; }
        """;

    [Theory]
    [InlineData("x.bpf.o")]
    [InlineData("a-long-name-of-an-object.bpf.o")]
    [InlineData("eight888.o")]
    [InlineData("nine99999")]
    public void Their_names_are_those_that_libbpf_gives(string file)
    {
        string folder = Directory.CreateTempSubdirectory("emleak-names-").FullName;
        try
        {
            string path = Path.Combine(folder, file);
            File.WriteAllBytes(path, Tools.CompileBpf(Source));
            using FileSystemMount bpf = new("bpf");
            string theirs = bpf.Create("theirs");
            Tools.Run("bpftool", $"prog loadall {path} {theirs} pinmaps {bpf.Create("maps")}");
            using BpfCollection loaded = BpfObject.Open(path).Load();
            Assert.Equal(NamesOfMapsOf($"pinned {theirs}/reads"), NamesOfMapsOf($"id {loaded.Programs["reads"].GetInfo().Id}"));
            Assert.Equal(NamesOfMapsOf($"pinned {theirs}/constants"), NamesOfMapsOf($"id {loaded.Programs["constants"].GetInfo().Id}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Constants_belong_to_every_program()
    {
        using BpfCollection loaded = BpfObject.Parse(Tools.CompileBpf(Source)).Load();
        BpfMap constants = loaded.Maps[".rodata"];
        Assert.Equal([".rodata"], NamesOfMapsOf($"id {loaded.Programs["constants"].GetInfo().Id}"));
        Assert.Contains(".rodata", NamesOfMapsOf($"id {loaded.Programs["reads"].GetInfo().Id}"));
        Assert.NotEqual(0u, constants.GetInfo().Id);
    }

    private static string[] NamesOfMapsOf(string program)
    {
        using JsonDocument shown = JsonDocument.Parse(Tools.Run("bpftool", $"-j prog show {program}"));
        return [.. shown.RootElement.GetProperty("map_ids").EnumerateArray().Select(static id => NameOf(id.GetInt32())).Order(StringComparer.Ordinal)];
    }

    private static string NameOf(int id)
    {
        using BpfMap map = BpfMap.OpenById((uint)id);
        return map.Name;
    }
}

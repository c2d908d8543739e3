using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Differential;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Object;

/// <summary>What an object expects of the kernel, as it is read and as it is filled in.</summary>
public sealed class ExternTests
{
    [Fact]
    public void Externs_are_read_with_kind_type_and_strength()
    {
        BpfObject parsed = BpfObject.Parse(FeatureObjects.Compile("kernel functions"));
        Assert.Equal(
            "bpf_task_from_pid:Function:False bpf_task_release:Function:False there_is_no_such_function:Function:True",
            string.Join(' ', parsed.Externs.Values.OrderBy(static one => one.Name, StringComparer.Ordinal).Select(static one => $"{one.Name}:{one.Kind}:{one.IsWeak}")));
        Assert.Equal(BtfKind.FunctionPrototype, parsed.Btf![parsed.Externs["bpf_task_release"].Type].Kind);
        // The weak one twice: its address is asked for, and it is called.
        Assert.Equal(
            ["bpf_task_from_pid", "bpf_task_release", "there_is_no_such_function", "there_is_no_such_function"],
            parsed.Programs["calls"].ExternReferences.Select(static one => one.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Values_of_the_configuration_can_be_given_and_read()
    {
        BpfObject spec = BpfObject.Parse(FeatureObjects.Compile("configuration"));
        Dictionary<string, string> given = new(StringComparer.Ordinal) { ["CONFIG_HZ"] = "0x7b", ["CONFIG_DEFAULT_HOSTNAME"] = "\"a long name\"" };
        using BpfCollection loaded = spec.Load(new LoadOptions { Configuration = given });
        Assert.Equal(123ul, loaded.ReadVariable<ulong>("CONFIG_HZ"));
        Assert.Equal(1, loaded.ReadVariable<int>("CONFIG_BPF_SYSCALL"));
        Assert.Equal((byte)'y', loaded.ReadVariable<byte>("CONFIG_BPF_JIT"));
        Assert.Equal(0, loaded.ReadVariable<int>("CONFIG_NOT_THERE"));
        Assert.Equal("a long \0"u8.ToArray(), BitConverter.GetBytes(loaded.ReadVariable<ulong>("CONFIG_DEFAULT_HOSTNAME")));
    }

    [Theory]
    [InlineData("CONFIG_BPF", "m")]
    [InlineData("CONFIG_BPF", "17")]
    [InlineData("CONFIG_NR_CPUS", "65536")]
    [InlineData("CONFIG_NR_CPUS", "-1")]
    [InlineData("CONFIG_HZ", "\"text\"")]
    [InlineData("CONFIG_DEFAULT_HOSTNAME", "\"open")]
    public void A_value_that_the_declared_type_does_not_hold_is_an_error(string name, string value)
    {
        BpfObject spec = BpfObject.Parse(FeatureObjects.Compile("configuration"));
        Dictionary<string, string> given = new(StringComparer.Ordinal) { [name] = value };
        BpfException refused = Assert.Throws<BpfException>(() => spec.Load(new LoadOptions { Configuration = given }));
        Assert.Contains($"{name} is {value}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Initial_values_of_maps_are_read_with_their_places()
    {
        BpfObject parsed = BpfObject.Parse(FeatureObjects.Compile("maps of maps and of programs"));
        Assert.Equal([new MapSlot(1, "first"), new MapSlot(5, "second")], parsed.Maps["outer"].InitialSlots);
        Assert.Equal([new MapSlot(2, "tail")], parsed.Maps["jumps"].InitialSlots);
        Assert.Equal((4u, 8u, 4u), (parsed.Maps["outer"].InnerMap!.MaxEntries, parsed.Maps["outer"].InnerMap!.ValueSize, parsed.Maps["outer"].ValueSize));
    }

    [Fact]
    public void A_program_that_a_map_starts_with_must_be_loaded()
    {
        BpfObject spec = BpfObject.Parse(FeatureObjects.Compile("maps of maps and of programs"));
        BpfException refused = Assert.Throws<BpfException>(() => spec.Load(new LoadOptions { LeaveOut = ["tail"] }));
        Assert.Contains("'jumps' is to start with 'tail', which is not loaded", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_64_bits_is_declared_by_an_enumeration()
    {
        const string Source = """
            struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u32); __type(value, __u32); enum { extra = 0x300000000ULL } map_extra; } map SEC(".maps");
            """;
        Assert.Equal(0x3_0000_0000ul, BpfObject.Parse(Tools.CompileBpf(BpfPrelude.Text + Source)).Maps["map"].Extra);
    }

    [Fact]
    public void Values_without_an_array_of_pointers_are_refused()
    {
        byte[] bytes = Tools.CompileBpf(BpfPrelude.Text + "struct { __uint(type, 12); __uint(max_entries, 1); int values; } map SEC(\".maps\");");
        Elf.MalformedDataException refused = Assert.Throws<Elf.MalformedDataException>(() => BpfObject.Parse(bytes));
        Assert.Contains("values is not declared by __array", refused.Message, StringComparison.Ordinal);
    }
}

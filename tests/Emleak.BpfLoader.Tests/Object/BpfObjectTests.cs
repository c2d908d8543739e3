using Emleak.BpfLoader.Abi;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Programs;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Object;

public sealed class BpfObjectTests
{
    private readonly BpfObject _object = Fixture.Parse();

    [Fact]
    public void License_is_read() => Assert.Equal("Dual BSD/GPL", _object.License);

    [Fact]
    public void Maps_are_as_declared()
    {
        MapSpec counts = _object.Maps["counts"];
        Assert.Equal((BpfMapType.Hash, 8u, 16u, 1024u, 1u), (counts.Type, counts.KeySize, counts.ValueSize, counts.MaxEntries, counts.Flags));
        Assert.Equal("key", _object.Btf!.GetName(_object.Btf[counts.KeyType]));
        Assert.Equal("value", _object.Btf.GetName(_object.Btf[counts.ValueType]));
        Assert.Equal((BpfMapType.Ringbuf, 4096u), (_object.Maps["events"].Type, _object.Maps["events"].MaxEntries));
        MapSpec perCpu = _object.Maps["per_cpu"];
        Assert.Equal((BpfMapType.PercpuHash, 4u, 16u, true), (perCpu.Type, perCpu.KeySize, perCpu.ValueSize, perCpu.IsPinnedByName));
        Assert.Equal(".bss .data .rodata counts events per_cpu", string.Join(' ', _object.Maps.Keys.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Variables_have_places_and_initial_values()
    {
        MapSpec constants = _object.Maps[".rodata"];
        Assert.Equal(MapContent.ReadOnlyData, constants.Content);
        Assert.Equal("flag limit target_pid", string.Join(' ', constants.Variables.Keys.Order(StringComparer.Ordinal)));
        VariableSpec pid = constants.Variables["target_pid"];
        Assert.Equal(4, pid.Size);
        Assert.Equal(17, BitConverter.ToInt32(constants.InitialValue!, pid.Offset));
        Assert.Equal("target_pid", _object.Btf!.GetName(_object.Btf[pid.Type]));
        Assert.Equal(5, BitConverter.ToInt32(_object.Maps[".data"].InitialValue!, _object.Maps[".data"].Variables["initialised"].Offset));
        Assert.Equal("seen total", string.Join(' ', _object.Maps[".bss"].Variables.Keys.Order(StringComparer.Ordinal)));
        Assert.Equal(16u, _object.Maps[".bss"].ValueSize);
    }

    [Fact]
    public void SetConstant_changes_the_initial_value_of_that_variable_only()
    {
        MapSpec constants = _object.Maps[".rodata"];
        byte[] before = [.. constants.InitialValue!];
        _object.SetConstant("target_pid", 4711);
        int offset = constants.Variables["target_pid"].Offset;
        BitConverter.TryWriteBytes(before.AsSpan(offset), 4711);
        Assert.Equal(before, constants.InitialValue);
    }

    [Fact]
    public void SetConstant_refuses_what_is_no_constant_or_has_another_size()
    {
        Assert.Contains("no constant named nothing", Assert.Throws<KeyNotFoundException>(() => _object.SetConstant("nothing", 1)).Message, StringComparison.Ordinal);
        Assert.Contains(".bss", Assert.Throws<KeyNotFoundException>(() => _object.SetConstant("total", 1L)).Message, StringComparison.Ordinal);
        Assert.Contains("4 bytes", Assert.Throws<ArgumentException>(() => _object.SetConstant("target_pid", 1L)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_have_the_type_that_their_section_tells()
    {
        ProgramSpec malloc = _object.Programs["on_malloc"];
        Assert.Equal((BpfProgramType.Kprobe, "libc.so.6:malloc", false, true), (malloc.Type, malloc.AttachTarget, malloc.IsReturnProbe, malloc.IsLoaded));
        ProgramSpec on = _object.Programs["on_switch"];
        Assert.Equal((BpfProgramType.RawTracepoint, "sched_switch", false), (on.Type, on.AttachTarget, on.IsLoaded));
        ProgramSpec ret = _object.Programs["on_return"];
        Assert.Equal((BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, 0x10u, true), (ret.Type, ret.ExpectedAttachType, ret.LoadFlags, ret.IsReturnProbe));
        Assert.Equal(3, _object.Programs.Count);
        Assert.True(_object.RemoveProgram("on_return"));
        Assert.Equal(2, _object.Programs.Count);
    }

    [Fact]
    public void Calls_lead_to_the_functions_they_name()
    {
        ProgramSpec malloc = _object.Programs["on_malloc"];
        Dictionary<int, string> starts = malloc.Functions.ToDictionary(row => row.Instruction, row => _object.Btf!.GetName(_object.Btf[row.Type]));
        Assert.Equal("on_malloc", starts[0]);
        List<string> called = [];
        for (int i = 0; i < malloc.Instructions.Length; i++)
        {
            BpfInstruction instruction = malloc.Instructions[i];
            if (instruction.Code == 0x85 && instruction.Source == 1) called.Add(starts[i + instruction.Immediate + 1]);
            if (instruction.Code == 0x18) i++;
        }

        Assert.Equal(["helper", "global_helper", "hidden_helper"], called);
        Assert.Equal(4, starts.Count);
    }

    [Fact]
    public void A_callback_is_linked_and_its_load_says_how_far_away_it_is()
    {
        ProgramSpec program = _object.Programs["on_switch"];
        int load = Array.FindIndex(program.Instructions, instruction => instruction is { Code: 0x18, Source: 4 });
        int target = load + program.Instructions[load].Immediate + 1;
        FunctionInfo function = Assert.Single(program.Functions, row => row.Instruction == target);
        Assert.Equal("each", _object.Btf!.GetName(_object.Btf[function.Type]));
    }

    [Fact]
    public void Map_references_point_to_wide_loads_with_the_offset_of_the_variable()
    {
        ProgramSpec malloc = _object.Programs["on_malloc"];
        Assert.Contains(malloc.MapReferences, reference => reference is { MapName: "counts", IsValue: false });
        int total = _object.Maps[".bss"].Variables["total"].Offset;
        Assert.Contains(malloc.MapReferences, reference =>
            reference is { MapName: ".bss", IsValue: true } && malloc.Instructions[reference.Instruction + 1].Immediate == total);
        Assert.All(malloc.MapReferences, reference => Assert.Equal(0x18, malloc.Instructions[reference.Instruction].Code));
    }

    [Fact]
    public void An_instruction_leads_to_its_source_line()
    {
        ProgramSpec malloc = _object.Programs["on_malloc"];
        int helper = malloc.Functions.Single(row => _object.Btf!.GetName(_object.Btf[row.Type]) == "helper").Instruction;
        SourceLine line = _object.FindSourceLine(malloc, helper)!;
        Assert.EndsWith("test.bpf.c", line.File, StringComparison.Ordinal);
        Assert.Contains(line.Text, Fixture.Source, StringComparison.Ordinal);
        Assert.Equal(line.Text, Fixture.Source.Split('\n')[line.Line - 1].Trim());
    }

    [Fact]
    public void Kernel_btf_has_sizes_offsets_and_linkage_filled_in()
    {
        BtfTypes types = BtfTypes.Parse(_object.GetKernelBtf());
        Assert.True(types.TryFind(".rodata", BtfKind.DataSection, out BtfType section));
        Assert.Equal(_object.Maps[".rodata"].ValueSize, section.Size);
        for (int i = 0; i < section.Count; i++)
        {
            BtfSectionVariable variable = types.GetSectionVariable(section, i);
            string name = types.GetName(types[variable.Type]);
            Assert.Equal((uint)_object.Maps[".rodata"].Variables[name].Offset, variable.Offset);
            if (i > 0) Assert.True(types.GetSectionVariable(section, i - 1).Offset < variable.Offset);
        }

        Assert.True(types.TryFind("hidden_helper", BtfKind.Function, out BtfType hidden));
        Assert.True(types.TryFind("global_helper", BtfKind.Function, out BtfType global));
        Assert.Equal((0, 1), (hidden.Count, global.Count));
    }

    [Fact]
    public void A_program_of_an_unknown_section_is_refused_by_name_until_it_is_given_a_type()
    {
        BpfObject parsed = BpfObject.Parse(Tools.CompileBpf($"{BpfPrelude.Text}\nSEC(\"nonsense/x\") int f(void *ctx) {{ return 0; }}"));
        Assert.Contains("nonsense/x", Assert.Throws<BpfException>(() => parsed.Load()).Message, StringComparison.Ordinal);
        parsed.Programs["f"].Type = BpfProgramType.SocketFilter;
        using BpfCollection loaded = parsed.Load();
        Assert.Equal(BpfProgramType.SocketFilter, loaded.Programs["f"].Type);
    }

    [Theory]
    [InlineData("struct old { int type, key, value, max, flags; }; struct old m SEC(\"maps\") = { 1, 4, 4, 1, 0 };", "struct bpf_map_def")]
    [InlineData("extern int unknown(int); SEC(\"xdp\") int f(void *ctx) { return unknown(1); }", "unknown")]
    [InlineData("struct { __uint(max_entries, 1); } m SEC(\".maps\");", "does not say its type")]
    [InlineData("struct { __uint(type, 1); __uint(colour, 1); } m SEC(\".maps\");", "colour")]
    public void What_is_not_supported_is_refused_by_name(string source, string named)
    {
        byte[] bytes = Tools.CompileBpf(BpfPrelude.Text + source);
        Assert.Contains(named, Assert.Throws<MalformedDataException>(() => BpfObject.Parse(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_debug_information_has_programs_and_no_types()
    {
        byte[] bytes = Tools.CompileBpf(BpfPrelude.Text + "int x; SEC(\"xdp\") int f(void *ctx) { return x++; }", "-g0 -O2");
        BpfObject parsed = BpfObject.Parse(bytes);
        Assert.Null(parsed.Btf);
        Assert.True(parsed.GetKernelBtf().IsEmpty);
        Assert.Equal(new VariableSpec("x", 0, 4, default), parsed.Maps[".bss"].Variables["x"]);
        Assert.Single(parsed.Programs["f"].MapReferences.Select(reference => reference.MapName).Distinct(StringComparer.Ordinal));
    }
}

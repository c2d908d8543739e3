using System.Buffers.Binary;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Object;

public sealed class LinkingTests
{
    [Fact]
    public void Core_relocations_of_a_called_function_move_with_it()
    {
        BpfObject parsed = Parse("""
            struct thing { int first; int second; } __attribute__((preserve_access_index));
            static __noinline int read(struct thing *t) { return t->second; }
            SEC("raw_tp/a") int f(struct thing *t) { return t->first + read(t); }
            """);
        ProgramSpec program = parsed.Programs["f"];
        Assert.Equal(2, program.CoreRelocations.Count);
        int start = program.Functions[1].Instruction;
        CoreRelocation moved = Assert.Single(program.CoreRelocations, row => row.Instruction >= start);
        Assert.Equal("0:1", moved.Access);
        Assert.Equal((0x61, 4), (program.Instructions[moved.Instruction].Code, program.Instructions[moved.Instruction].Offset));
    }

    [Fact]
    public void A_static_function_in_a_programs_section_is_linked_and_no_program()
    {
        BpfObject parsed = Parse("""
            SEC("xdp") static __noinline int inner(int x) { return x * 7 + (int)bpf_ktime_get_ns(); }
            SEC("xdp") int first(int *x) { return inner(*x); }
            SEC("xdp") int second(int *x) { return inner(*x + 1); }
            """);
        Assert.Equal("first second", string.Join(' ', parsed.Programs.Keys.Order(StringComparer.Ordinal)));
        foreach (ProgramSpec program in parsed.Programs.Values)
        {
            int call = Array.FindIndex(program.Instructions, instruction => instruction is { Code: 0x85, Source: 1 });
            Assert.Equal(program.Functions[1].Instruction, call + program.Instructions[call].Immediate + 1);
        }
    }

    [Fact]
    public void A_function_that_calls_itself_is_linked_once()
    {
        BpfObject parsed = Parse("""
            __noinline int countdown(int x);
            __noinline int again(int x) { return countdown(x - 2) * 3; }
            __noinline int countdown(int x) { return x <= 0 ? 0 : again(x - 1) * 2 + countdown(x - 3); }
            SEC("xdp") int f(int *x) { return countdown(*x); }
            """);
        Assert.Equal(3, parsed.Programs["f"].Functions.Count);
    }

    [Fact]
    public void Text_that_a_program_refers_to_is_in_a_map_of_constants()
    {
        BpfObject parsed = Parse("""
            static long (*bpf_trace_printk)(const char *format, __u32 size, ...) = (void *)6;
            SEC("xdp") int f(void *context) { bpf_trace_printk("unlikely text", 14); return 0; }
            """);
        MapReference reference = Assert.Single(parsed.Programs["f"].MapReferences);
        MapSpec map = parsed.Maps[reference.MapName];
        int offset = parsed.Programs["f"].Instructions[reference.Instruction + 1].Immediate;
        Assert.True(reference.IsValue);
        Assert.Equal(MapContent.ReadOnlyData, map.Content);
        Assert.Equal("unlikely text\0"u8, map.InitialValue.AsSpan(offset, 14));
    }

    [Fact]
    public void Wide_loads_of_plain_numbers_are_left_alone()
    {
        BpfObject parsed = Parse("SEC(\"xdp\") __u64 f(void *context) { return 0x1122334455667788; }");
        BpfInstruction[] code = parsed.Programs["f"].Instructions;
        Assert.Equal((0x18, 0x55667788, 0x11223344, 0x95), (code[0].Code, code[0].Immediate, code[1].Immediate, code[2].Code));
    }

    [Fact]
    public void Functions_that_overlap_are_refused()
    {
        byte[] bytes = Compile("""
            SEC("xdp") int first(int *x) { return *x; }
            SEC("xdp") int second(int *x) { return *x + 1; }
            """);
        using (ElfImage image = ElfImage.FromMemory(bytes))
        {
            ElfSection symbols = image.Sections.Single(section => section.Type == ElfSectionType.SymbolTable);
            for (int i = 0; i < image.Symbols.Count; i++)
            {
                ElfSymbol symbol = image.Symbols[i];
                if (image.Symbols.GetNameString(symbol) != "first") continue;
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)symbols.FileOffset + (i * 24) + 16), symbol.Size + 8);
            }
        }

        Assert.Contains("overlaps", Assert.Throws<MalformedDataException>(() => BpfObject.Parse(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_of_a_gigabyte_are_refused_before_memory_is_taken()
    {
        byte[] bytes = Compile("char big[1 << 30]; SEC(\"xdp\") int f(void *context) { return big[5]; }");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("64 MiB", Assert.Throws<MalformedDataException>(() => BpfObject.Parse(bytes)).Message, StringComparison.Ordinal);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10 << 20);
    }

    [Fact]
    public void Objects_of_another_machine_or_byte_order_are_refused()
    {
        Assert.Throws<MalformedDataException>(() => BpfObject.Open("/bin/sh"));
        byte[] big = Tools.CompileBpf("int x;", "-O2 --target=bpfeb");
        Assert.Contains("big-endian", Assert.Throws<MalformedDataException>(() => BpfObject.Parse(big)).Message, StringComparison.Ordinal);
    }

    private static byte[] Compile(string source) => Tools.CompileBpf(BpfPrelude.Text + source, strip: true);

    private static BpfObject Parse(string source) => BpfObject.Parse(Compile(source));
}

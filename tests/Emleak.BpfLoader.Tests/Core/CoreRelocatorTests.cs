using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Core;

public sealed class CoreRelocatorTests
{
    [Theory]
    [InlineData("moved")]
    [InlineData("nested")]
    [InlineData("element")]
    [InlineData("second_root")]
    [InlineData("widened")]
    [InlineData("exists")]
    [InlineData("removed")]
    [InlineData("retyped")]
    [InlineData("through_anonymous")]
    [InlineData("signed_field")]
    [InlineData("bits_offset")]
    [InlineData("bits_size")]
    [InlineData("bits_left")]
    [InlineData("bits_right")]
    [InlineData("flexible")]
    [InlineData("flavour")]
    [InlineData("flavour_missing")]
    [InlineData("type_exists")]
    [InlineData("type_gone")]
    [InlineData("type_size")]
    [InlineData("size_gone")]
    [InlineData("id_gone")]
    [InlineData("typedef_exists")]
    [InlineData("type_matches")]
    [InlineData("type_differs")]
    [InlineData("enum_changed")]
    [InlineData("enum_negative")]
    [InlineData("enum_exists")]
    [InlineData("enum_gone")]
    [InlineData("enum_big")]
    [InlineData("load_moved")]
    [InlineData("load_widened")]
    [InlineData("load_pointer")]
    public void The_answer_is_what_the_kernels_compiler_computed(string question) =>
        Assert.Equal(CoreFixture.Expected(question), CoreFixture.Answer(question, CoreFixture.Relocate(question)));

    [Fact]
    public void A_load_grows_with_its_unsigned_field()
    {
        int at = CoreFixture.Programs.Programs["load_widened"].CoreRelocations.Single().Instruction;
        Assert.Equal(0x69, CoreFixture.Programs.Programs["load_widened"].Instructions[at].Code);
        Assert.Equal(0x61, CoreFixture.Relocate("load_widened")[at].Code);
    }

    [Theory]
    [InlineData("poisoned_offset")]
    [InlineData("poisoned_enum")]
    [InlineData("load_removed")]
    [InlineData("beyond")]
    public void What_is_missing_poisons_its_instruction_and_no_other(string program)
    {
        ProgramSpec spec = CoreFixture.Programs.Programs[program];
        BpfInstruction[] code = CoreFixture.Relocate(program);
        int at = spec.CoreRelocations.Single().Instruction;
        int slots = spec.Instructions[at].Code == 0x18 ? 2 : 1;
        for (int i = 0; i < code.Length; i++)
        {
            if (i >= at && i < at + slots) Assert.Equal((0x85, 0xbad2310), (code[i].Code, code[i].Immediate));
            else Assert.Equal(spec.Instructions[i], code[i]);
        }
    }

    [Fact]
    public void Type_ids_are_those_of_the_respective_blob()
    {
        Assert.True(CoreFixture.Programs.Btf!.TryFind("inner", BtfKind.Struct, out BtfType local));
        Assert.True(CoreFixture.Target.Btf!.TryFind("inner", BtfKind.Struct, out BtfType target));
        Assert.Equal(local.Id.Value, CoreFixture.Answer("type_local", CoreFixture.Relocate("type_local")));
        Assert.Equal(target.Id.Value, CoreFixture.Answer("type_target", CoreFixture.Relocate("type_target")));
    }

    [Fact]
    public void Apply_leaves_the_specification_alone()
    {
        ProgramSpec spec = CoreFixture.Programs.Programs["moved"];
        BpfInstruction[] before = [.. spec.Instructions];
        BpfInstruction[] code = CoreFixture.Relocate("moved");
        Assert.Equal(before, spec.Instructions);
        Assert.NotEqual(before, code);
    }

    [Fact]
    public void Against_its_own_types_nothing_changes()
    {
        foreach (ProgramSpec program in CoreFixture.Programs.Programs.Values)
        {
            // The object has three flavours of task: those that ask for "task" itself find all of them.
            if (program.Name is "flavour" or "flavour_missing" or "type_target" or "id_gone" || UsesTask(program)) continue;
            Assert.Equal(program.Instructions, CoreFixture.Relocate(program.Name, CoreFixture.Programs.Btf!));
        }
    }

    [Fact]
    public void A_later_target_is_asked_where_the_first_has_no_candidate()
    {
        BtfTypes empty = BpfObject.Parse(Tools.CompileBpf("struct unrelated { int x; } unrelated;")).Btf!;
        BpfInstruction[] code = CoreFixture.Relocate("moved", empty, CoreFixture.Target.Btf!);
        Assert.Equal(CoreFixture.Expected("moved"), CoreFixture.Answer("moved", code));
    }

    [Fact]
    public void Candidates_that_disagree_are_refused()
    {
        BtfTypes target = BpfObject.Parse(Tools.CompileBpf(
            "typedef unsigned long long u64; struct task___a { u64 start; } a; struct task___b { int x; u64 start; } b;")).Btf!;
        CoreRelocationException problem = Assert.Throws<CoreRelocationException>(() => CoreFixture.Relocate("moved", target));
        Assert.Contains("task", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Candidates_that_agree_are_accepted()
    {
        BtfTypes target = BpfObject.Parse(Tools.CompileBpf(
            "typedef unsigned long long u64; struct task___a { u64 start; } a; struct task___b { u64 start; int x; } b;")).Btf!;
        Assert.Equal(0ul, CoreFixture.Answer("moved", CoreFixture.Relocate("moved", target)));
    }

    [Fact]
    public void Fields_of_the_running_kernel_are_found_where_its_btf_has_them()
    {
        BtfTypes kernel = BtfTypes.Parse(File.ReadAllBytes("/sys/kernel/btf/vmlinux"));
        BpfObject parsed = BpfObject.Parse(Tools.CompileBpf(BpfPrelude.Text + """
            struct mm_struct { unsigned long start_code; } __attribute__((preserve_access_index));
            struct task_struct { int tgid; int pid; struct mm_struct *mm; } __attribute__((preserve_access_index));
            SEC("tp_btf/sched_switch") int f(struct task_struct **t) { return t[1]->tgid; }
            """));
        ProgramSpec program = parsed.Programs["f"];
        BpfInstruction[] code = new CoreRelocator(parsed.Btf!, [kernel]).Apply(program);
        Assert.True(kernel.TryFind("task_struct", BtfKind.Struct, out BtfType task));
        BtfMember tgid = Enumerable.Range(0, task.Count).Select(i => kernel.GetMember(task, i)).Single(m => kernel.GetText(m.NameOffset) == "tgid");
        Assert.Equal((int)tgid.ByteOffset, code[program.CoreRelocations.Single().Instruction].Offset);
    }

    private static bool UsesTask(ProgramSpec program) =>
        program.CoreRelocations.Any(row => CoreFixture.Programs.Btf!.GetName(CoreFixture.Programs.Btf[row.Type]).StartsWith("task", StringComparison.Ordinal));
}

using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Core;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Core;

/// <summary>Types of the kernel's modules, which continue the kernel's own.</summary>
public sealed class CoreModuleTests
{
    [Fact]
    public void A_type_that_only_modules_have_is_found_there_and_those_that_disagree_are_told()
    {
        BtfTypes kernel = CoreFixture.Target.Btf!;
        BpfObject local = BpfObject.Parse(Tools.CompileBpf(BpfPrelude.Text + """
            struct task { __u64 start; } __attribute__((preserve_access_index));
            struct widget { __u64 field; } __attribute__((preserve_access_index));
            SEC("raw_tp") __u64 in_module(struct widget *w) { return __builtin_preserve_field_info(w->field, 0); }
            SEC("raw_tp") __u64 in_kernel(struct task *t) { return __builtin_preserve_field_info(t->start, 0); }
            """));
        int asked = 0;
        CoreRelocator Relocator(params BtfTypes[] modules) => new(local.Btf!, kernel, () =>
        {
            asked++;
            return modules;
        });

        ProgramSpec question = local.Programs["in_module"];
        BpfInstruction Answer(CoreRelocator relocator) => relocator.Apply(question)[question.CoreRelocations.Single().Instruction];
        CoreRelocator lazy = Relocator(Module(kernel, 16));
        lazy.Apply(local.Programs["in_kernel"]);
        Assert.Equal(0, asked);
        Assert.Equal(16, Answer(lazy).Immediate);
        Assert.Equal(1, asked);
        Assert.Equal(24, Answer(Relocator(Module(kernel, 24), Module(kernel, 24))).Immediate);
        Assert.Throws<CoreRelocationException>(() => Answer(Relocator(Module(kernel, 24), Module(kernel, 16))));
        Assert.Equal(0x85, Answer(Relocator()).Code);
    }

    /// <summary>A module with <c>struct widget</c>, whose field has a type of the kernel's.</summary>
    private static BtfTypes Module(BtfTypes kernel, uint offset)
    {
        BtfBuilder builder = new(firstString: kernel.StringsEnd, firstId: (uint)kernel.Count);
        uint number = builder.Integer("module_u64", 8);
        builder.Add(BtfKind.Struct, "widget", offset + 8, count: 1, rows: [builder.Name("field"), number, offset * 8]);
        return builder.Parse(kernel);
    }
}

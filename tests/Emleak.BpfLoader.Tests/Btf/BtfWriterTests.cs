using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Syscalls;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Btf;

/// <summary>BTF written: copies, splits, and what older kernels take.</summary>
public sealed class BtfWriterTests
{
    private const string Everything = BpfPrelude.Text + """
        enum wide { SMALL = 1, LARGE = 0x100000000ULL };
        enum negative { MINUS = -1 };
        struct tagged { int __attribute__((btf_type_tag("user tag"))) *pointer; enum wide wide; enum negative negative; double number; }
            __attribute__((btf_decl_tag("a tag")));
        struct { __uint(type, 1); __uint(max_entries, 16); __type(key, __u32); __type(value, struct tagged); } map SEC(".maps");
        const volatile struct tagged constant = { .wide = LARGE };
        int counter;
        __noinline int global(int number) { return number * counter; }
        static __noinline int local(struct tagged *tagged) { return tagged->wide == LARGE ? global(2) : global(3); }
        SEC("raw_tp/sched_switch") int uses(void *ctx) { __u32 key = 1; struct tagged *t = bpf_map_lookup_elem(&map, &key); return t ? local(t) : constant.wide == LARGE; }
        """;

    private static readonly BpfObject Object = BpfObject.Parse(Tools.CompileBpf(Everything));

    public static TheoryData<BtfFeatures> Missing =>
    [
        BtfFeatures.GlobalFunctions, BtfFeatures.Floats, BtfFeatures.DeclarationTags, BtfFeatures.TypeTags, BtfFeatures.Enum64,
        BtfFeatures.DataSections | BtfFeatures.DeclarationTags, BtfFeatures.All & ~BtfFeatures.Functions, BtfFeatures.All,
    ];

    [Fact]
    public void A_copy_of_the_kernels_types_is_the_same_byte_by_byte()
    {
        byte[] kernel = File.ReadAllBytes("/sys/kernel/btf/vmlinux");
        Assert.True(BtfWriter.Copy(BtfTypes.Parse(kernel)).ToArray().AsSpan().SequenceEqual(kernel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_keeps_the_byte_order(bool bigEndian)
    {
        BtfBuilder builder = new(bigEndian);
        uint integer = builder.Integer("int", 4);
        builder.Add(BtfKind.Struct, "s", 4, count: 1, rows: [builder.Name("member"), integer, 0]);
        byte[] bytes = builder.ToBytes();
        Assert.Equal(bytes, BtfWriter.Copy(BtfTypes.Parse(bytes)).ToArray());
    }

    [Fact]
    public void A_split_blob_continues_numbers_and_strings_of_its_base()
    {
        BtfTypes kernel = BtfTypes.Parse(File.ReadAllBytes("/sys/kernel/btf/vmlinux"));
        Assert.True(kernel.TryFind("task_struct", BtfKind.Struct, out BtfType task));
        BtfWriter writer = new(kernel);
        BtfTypeId pointer = writer.Add(BtfKind.Pointer, "", task.Id.Value);
        writer.Add(BtfKind.Typedef, "of_a_module", pointer.Value);
        BtfTypes module = BtfTypes.Parse(writer.ToArray(), kernel);
        Assert.Equal((uint)kernel.Count, pointer.Value);
        Assert.True(module.TryFind("of_a_module", BtfKind.Typedef, out BtfType own));
        Assert.Equal("task_struct", module.GetName(module[module.Resolve(own.Id).Target]));
        Assert.Equal(writer.ToArray(), BtfWriter.Copy(module).ToArray());
        Assert.False(kernel.TryFind("of_a_module", BtfKind.Typedef, out _));
    }

    [Theory]
    [MemberData(nameof(Missing))]
    public void What_a_kernel_does_not_know_is_rewritten_and_taken(BtfFeatures missing)
    {
        BtfTypes before = BtfTypes.Parse(Object.GetKernelBtf());
        ReadOnlyMemory<byte> rewritten = Object.GetKernelBtf(BtfFeatures.All & ~missing);
        BtfTypes after = BtfTypes.Parse(rewritten);
        for (uint id = 1; id < before.Count; id++)
        {
            (BtfType old, BtfType now) = (before[new BtfTypeId(id)], after[new BtfTypeId(id)]);
            Assert.False(IsOf(now, missing), $"type {id} still is {now.Kind}");
            if (!IsOf(old, missing)) Assert.Equal(old, now);
            if (old.Kind is BtfKind.Struct or BtfKind.Enum64 or BtfKind.Float) Assert.Equal(before.SizeOf(old.Id), after.SizeOf(now.Id));
        }

        Assert.Contains(Enumerable.Range(1, before.Count - 1), id => IsOf(before[new BtfTypeId((uint)id)], missing));
        byte[] log = new byte[1 << 16];
        Errno errno = BpfSyscall.LoadBtf(rewritten.Span, log, out BpfHandle? handle);
        handle?.Dispose();
        Assert.True(errno == Errno.None, $"{errno}: {System.Text.Encoding.UTF8.GetString(log).TrimEnd('\0')[..^1].Split('\n')[^1]}");
    }

    [Fact]
    public void Strings_are_written_once_and_types_must_have_their_rows()
    {
        BtfWriter writer = new();
        Assert.Equal(writer.AddString("same"), writer.AddString("same"));
        Assert.Equal(0u, writer.AddString(""));
        Assert.Throws<ArgumentException>(() => writer.Add(BtfKind.Integer, "int", 4));
        Assert.Throws<ArgumentException>(() => writer.Add(BtfKind.Struct, "s", 4, count: 2, rows: [0, 1, 0]));
        Assert.Throws<ArgumentException>(() => writer.AddString("a\0b"));
    }

    private static bool IsOf(in BtfType type, BtfFeatures feature) => type.Kind switch
    {
        BtfKind.Function => feature.HasFlag(BtfFeatures.Functions) || (feature.HasFlag(BtfFeatures.GlobalFunctions) && type.Count == 1),
        BtfKind.FunctionPrototype => feature.HasFlag(BtfFeatures.Functions),
        BtfKind.Variable or BtfKind.DataSection => feature.HasFlag(BtfFeatures.DataSections),
        BtfKind.Float => feature.HasFlag(BtfFeatures.Floats),
        BtfKind.DeclarationTag => feature.HasFlag(BtfFeatures.DeclarationTags),
        BtfKind.TypeTag => feature.HasFlag(BtfFeatures.TypeTags),
        BtfKind.Enum64 => feature.HasFlag(BtfFeatures.Enum64),
        BtfKind.Enum => feature.HasFlag(BtfFeatures.Enum64) && type.KindFlag,
        _ => false,
    };
}

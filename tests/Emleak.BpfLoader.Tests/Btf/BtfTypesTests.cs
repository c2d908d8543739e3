using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Tests.Fixtures;
using Emleak.Elf;

namespace Emleak.BpfLoader.Tests.Btf;

public sealed class BtfTypesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_kind_decodes_in_either_byte_order(bool bigEndian)
    {
        BtfBuilder builder = new(bigEndian);
        uint integer = builder.Integer("int", 4, signed: true);
        uint pointer = builder.Add(BtfKind.Pointer, "", integer);
        uint array = builder.Add(BtfKind.Array, "", 0, rows: [pointer, integer, 7]);
        uint composite = builder.Add(BtfKind.Struct, "s", 64, 2, flag: true, [builder.Name("bits"), integer, (3u << 24) | 5, builder.Name("array"), array, 64]);
        uint narrow = builder.Add(BtfKind.Enum, "e", 4, 1, flag: true, [builder.Name("E"), unchecked((uint)-2)]);
        uint wide = builder.Add(BtfKind.Enum64, "e64", 8, 1, flag: false, [builder.Name("E64"), 1, 2]);
        uint prototype = builder.Add(BtfKind.FunctionPrototype, "", integer, 1, rows: [builder.Name("argument"), pointer]);
        uint function = builder.Add(BtfKind.Function, "f", prototype, 1);
        uint variable = builder.Add(BtfKind.Variable, "v", array, rows: [1]);
        uint section = builder.Add(BtfKind.DataSection, ".data", 56, 1, rows: [variable, 8, 56]);
        uint tag = builder.Add(BtfKind.DeclarationTag, "tag", composite, rows: [unchecked((uint)-1)]);
        uint floating = builder.Add(BtfKind.Float, "double", 8);
        BtfTypes types = builder.Parse();

        BtfType At(uint id) => types[new BtfTypeId(id)];
        Assert.Equal(bigEndian, types.IsBigEndian);
        Assert.Equal((int)floating + 1, types.Count);
        Assert.Equal(new BtfInteger(true, false, false, 0, 32), types.GetInteger(At(integer)));
        Assert.Equal(new BtfArray(new BtfTypeId(pointer), new BtfTypeId(integer), 7), types.GetArray(At(array)));
        Assert.Equal((5u, 3), (types.GetMember(At(composite), 0).BitOffset, types.GetMember(At(composite), 0).BitSize));
        Assert.Equal((8u, 0), (types.GetMember(At(composite), 1).ByteOffset, types.GetMember(At(composite), 1).BitSize));
        Assert.Equal(-2, types.GetEnumerator(At(narrow), 0).Value);
        Assert.Equal(0x200000001, types.GetEnumerator(At(wide), 0).Value);
        Assert.Equal("argument", types.GetText(types.GetParameter(At(prototype), 0).NameOffset));
        Assert.Equal(new BtfTypeId(prototype), At(function).Target);
        Assert.Equal(new BtfSectionVariable(new BtfTypeId(variable), 8, 56), types.GetSectionVariable(At(section), 0));
        Assert.Equal(56u, types.SizeOf(new BtfTypeId(variable)));
        Assert.Equal(8, types.AlignmentOf(new BtfTypeId(array)));
        Assert.Equal("tag", types.GetName(At(tag)));
        Assert.False(types.TryGetSize(new BtfTypeId(prototype), out _));
    }

    [Fact]
    public void Split_types_continue_the_numbers_and_strings_of_their_base()
    {
        BtfBuilder lower = new();
        uint integer = lower.Integer("int", 4);
        BtfTypes kernel = lower.Parse();
        BtfBuilder upper = new(firstString: 1 + "int".Length + 1, firstId: integer + 1);
        uint typedef = upper.Add(BtfKind.Typedef, "module_t", integer);
        uint own = upper.Integer("short", 2);
        BtfTypes module = upper.Parse(kernel);

        Assert.Equal("int", module.GetName(module.Resolve(new BtfTypeId(typedef))));
        Assert.Equal("module_t", module.GetName(module[new BtfTypeId(typedef)]));
        Assert.True(module.TryFind("short", BtfKind.Integer, out BtfType found) && found.Id.Value == own);
        Assert.True(module.TryFind("int", BtfKind.Integer, out found) && found.Id.Value == integer);
        Assert.Equal(32, module.GetInteger(found).Bits);
        Assert.False(kernel.TryFind("short", BtfKind.Integer, out _));
    }

    [Theory]
    [InlineData("task_struct", "task_struct")]
    [InlineData("task_struct___old", "task_struct")]
    [InlineData("a___b___c", "a___b")]
    [InlineData("___x", "___x")]
    [InlineData("x___", "x___")]
    [InlineData("x____y", "x____y")]
    [InlineData("x___y____z", "x")]
    [InlineData("a___b_____", "a")]
    [InlineData("", "")]
    public void A_flavour_is_what_follows_the_last_run_of_three_underscores(string name, string essential) =>
        Assert.Equal(essential, System.Text.Encoding.UTF8.GetString(BtfNames.WithoutFlavour(System.Text.Encoding.UTF8.GetBytes(name))));

    [Fact]
    public void Flavours_of_a_name_are_found_together_and_exact_lookup_tells_them_apart()
    {
        BtfBuilder builder = new();
        uint plain = builder.Add(BtfKind.Struct, "s", 0);
        uint flavour = builder.Add(BtfKind.Struct, "s___x", 0);
        builder.Add(BtfKind.Struct, "sx", 0);
        BtfTypes types = builder.Parse();
        List<BtfTypeId> found = [];
        types.FindFlavours("s___y"u8, found);
        Assert.Equal([new BtfTypeId(plain), new BtfTypeId(flavour)], found);
        Assert.True(types.TryFind("s___x", BtfKind.Struct, out BtfType exact) && exact.Id.Value == flavour);
        Assert.False(types.TryFind("s", BtfKind.Union, out _));
    }

    [Fact]
    public void A_type_that_leads_to_itself_is_refused()
    {
        BtfBuilder builder = new();
        uint typedef = builder.Add(BtfKind.Typedef, "t", 2);
        builder.Add(BtfKind.Const, "", typedef);
        uint array = builder.Add(BtfKind.Array, "", 0, rows: [3, 3, 1]);
        uint self = builder.Add(BtfKind.Struct, "s", 8, 1, rows: [0, 4, 0]);
        BtfTypes types = builder.Parse();
        Assert.Throws<MalformedDataException>(() => types.Resolve(new BtfTypeId(typedef)));
        Assert.Throws<MalformedDataException>(() => types.SizeOf(new BtfTypeId(array)));
        Assert.Throws<MalformedDataException>(() => types.AlignmentOf(new BtfTypeId(array)));
        Assert.Throws<MalformedDataException>(() => types.AlignmentOf(new BtfTypeId(self)));
    }

    [Fact]
    public void Alignment_of_types_that_double_at_each_level_ends_soon()
    {
        BtfBuilder builder = new();
        uint inner = builder.Integer("int", 4);
        for (int level = 0; level < 31; level++) inner = builder.Add(BtfKind.Struct, "s", 8, 2, rows: [0, inner, 0, 0, inner, 32]);
        BtfTypes types = builder.Parse();
        Assert.Throws<MalformedDataException>(() => types.AlignmentOf(new BtfTypeId(inner)));
    }

    [Fact]
    public void An_array_too_large_for_32_bits_has_no_size()
    {
        BtfBuilder builder = new();
        uint inner = builder.Integer("int", 4);
        uint array = builder.Add(BtfKind.Array, "", 0, rows: [inner, inner, 0x7fffffff]);
        BtfTypes types = builder.Parse();
        Assert.Throws<MalformedDataException>(() => types.SizeOf(new BtfTypeId(array)));
    }

    [Fact]
    public void Numbers_names_and_rows_outside_the_blob_are_refused()
    {
        BtfBuilder builder = new();
        uint pointer = builder.Add(BtfKind.Pointer, "", 99);
        uint composite = builder.Add(BtfKind.Struct, "s", 4, 1, rows: [4000, 1, 0]);
        BtfTypes types = builder.Parse();
        Assert.Throws<MalformedDataException>(() => types.Resolve(types[new BtfTypeId(pointer)].Target));
        Assert.Throws<MalformedDataException>(() => types[new BtfTypeId(3)]);
        Assert.Throws<MalformedDataException>(() => types.GetMember(types[new BtfTypeId(composite)], 1));
        Assert.Throws<MalformedDataException>(() => types.GetMember(types[new BtfTypeId(pointer)], 0));
        Assert.Throws<MalformedDataException>(() => types.GetText(types.GetMember(types[new BtfTypeId(composite)], 0).NameOffset));
    }

    [Fact]
    public void A_kind_of_the_future_is_refused()
    {
        BtfBuilder builder = new();
        builder.Add((BtfKind)20, "x", 0);
        Assert.Contains("kind 20", Assert.Throws<MalformedDataException>(() => builder.Parse()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Void_is_type_0()
    {
        BtfTypes types = new BtfBuilder().Parse();
        Assert.Equal(BtfKind.Void, types[BtfTypeId.Void].Kind);
        Assert.Equal("", types.GetName(types[BtfTypeId.Void]));
        Assert.False(types.TryGetSize(BtfTypeId.Void, out _));
    }
}

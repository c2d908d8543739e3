using System.Runtime.CompilerServices;
using Emleak.Bindings;
using Emleak.BpfLoader.Object;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Bindings;

/// <summary>Records of a C file, generated into this assembly by <c>generate.sh</c>.</summary>
public sealed class RecordsTests
{
    private static readonly BindingOptions Options = new()
    {
        IsObject = true,
        Input = "records.bpf.o",
        Namespace = "Emleak.BpfLoader.Tests.Bindings",
        Types = ["record"],
        LayoutClass = "RecordsLayout",
        ConstantsClass = "RecordConstants",
        Command = "tests/Emleak.BpfLoader.Tests/Bindings/generate.sh",
    };

    [Fact]
    public void Generating_again_gives_what_is_checked_in()
    {
        BpfObject parsed = BpfObject.Parse(Tools.CompileBpf(Resource("records.bpf.c")));
        (string types, string layout) = BindingGenerator.Generate(parsed.Btf!, Options);
        Assert.Equal(Resource("Records.g.cs"), types);
        Assert.Equal(Resource("RecordsLayout.g.cs"), layout);
    }

    [Fact]
    public void Every_field_is_where_clang_put_it() =>
        Assert.All(RecordsLayout.Measure(), row => Assert.Equal((row.ExpectedOffset, row.ExpectedSize), (row.Offset, row.Size)));

    [Fact]
    public unsafe void Records_are_read_as_c_wrote_them()
    {
        Record record = new() { First = 1, Second = 2, Kind = EventKind.Free, SignedBits = -3, Flags1 = true, Flags2 = 9, Rest = 0x123456 };
        "comm"u8.CopyTo(record.Comm);
        record.Points[2].Y = ulong.MaxValue;
        Assert.Equal(0x200000001UL, record.Whole);
        Assert.Equal((-3L, true, 9UL, 0x123456UL), (record.SignedBits, record.Flags1, record.Flags2, record.Rest));
        Assert.Equal("comm"u8, ((ReadOnlySpan<byte>)record.Comm)[..4]);
        Assert.Equal(9, sizeof(Point));
        Assert.Equal(27, Unsafe.SizeOf<Record.PointsArray>());
    }

    [Fact]
    public void Unnamed_enumerations_become_constants()
    {
        Assert.Equal(127, RecordConstants.RecordStackDepth);
        Assert.Equal(-3, RecordConstants.RecordNegative);
    }

    [Fact]
    public void A_type_that_does_not_exist_is_named()
    {
        BpfObject parsed = BpfObject.Parse(Tools.CompileBpf("int x;"));
        InvalidDataException problem = Assert.Throws<InvalidDataException>(() => BindingGenerator.Generate(parsed.Btf!, Options));
        Assert.Contains("record", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("struct record { unsigned long long value_1, value_1_; } r;", "Value1")]
    [InlineData("struct record { enum e { E_A, E_a } e; } r;", "enum e")]
    public void Names_that_become_equal_are_refused(string source, string named)
    {
        BpfObject parsed = BpfObject.Parse(Tools.CompileBpf(source));
        InvalidDataException problem = Assert.Throws<InvalidDataException>(() => BindingGenerator.Generate(parsed.Btf!, Options));
        Assert.Contains(named, problem.Message, StringComparison.Ordinal);
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(RecordsTests).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}

using System.Text;
using Emleak.BpfLoader.Btf;
using Emleak.BpfLoader.Tests.Fixtures;

namespace Emleak.BpfLoader.Tests.Btf;

/// <summary>Types written as C: a compiler reads them back.</summary>
public sealed class BtfPrinterTests
{
    private const string Source = """
        typedef unsigned char u8; typedef unsigned long long u64;
        enum colour { RED = 1, GREEN = -2 };
        struct node { struct node *next; int (*compare)(const struct node *, void *, ...); };
        typedef struct { int x, y; } point;
        struct __attribute__((packed)) packed { u8 first; u64 second; };
        struct bits { unsigned a : 3; unsigned b : 7; unsigned : 4; unsigned c : 1; u64 d : 40; };
        struct aligned { char a; int b __attribute__((aligned(32))); };
        struct all { struct node node; point points[2][3]; union { int number; char *text; }; struct packed packed; struct bits bits;
                     enum colour colour; const volatile char *const names[4]; void (*handlers[2])(int); struct aligned aligned; char rest[]; };
        struct all *use; int user(struct all *all) { return all->bits.c; }
        """;

    private static readonly BtfTypes Types = Parse(Source);

    [Theory]
    [InlineData("point", BtfKind.Typedef, "typedef struct {\n    int x;\n    int y;\n} point")]
    [InlineData("colour", BtfKind.Enum, "enum colour {\n    RED = 1,\n    GREEN = -2,\n}")]
    [InlineData("node", BtfKind.Struct, "struct node {\n    struct node *next;\n    int (*compare)(const struct node *, void *, ...);\n}")]
    [InlineData("packed", BtfKind.Struct, "struct packed {\n    u8 first;\n    u64 second;\n} __attribute__((packed))")]
    public void A_type_is_defined_as_in_c(string name, BtfKind kind, string expected)
    {
        Assert.True(Types.TryFind(name, kind, out BtfType type));
        Assert.Equal(expected, new BtfPrinter(Types).Define(type.Id));
    }

    [Theory]
    [InlineData("names", "const volatile char *const names[4]")]
    [InlineData("handlers", "void (*handlers[2])(int)")]
    [InlineData("points", "point points[2][3]")]
    public void A_member_is_declared_as_in_c(string name, string expected)
    {
        Assert.True(Types.TryFind("all", BtfKind.Struct, out BtfType all));
        BtfMember member = Enumerable.Range(0, all.Count).Select(i => Types.GetMember(all, i)).Single(one => Types.GetText(one.NameOffset) == name);
        Assert.Equal(expected, new BtfPrinter(Types).Declare(member.Type, name));
    }

    [Fact]
    public void A_compiler_gives_what_is_written_the_same_layout()
    {
        using StringWriter written = new();
        new BtfPrinter(Types).WriteAll(written);
        BtfTypes again = Parse($"{written}\nstruct all *use; int user(struct all *all) {{ return all->bits.c; }}");
        foreach (string name in new[] { "node", "packed", "bits", "aligned", "all" })
        {
            Assert.True(Types.TryFind(name, BtfKind.Struct, out BtfType before));
            Assert.True(again.TryFind(name, BtfKind.Struct, out BtfType after));
            Assert.Equal(before.Size, after.Size);
            Assert.Equal(Offsets(Types, before), Offsets(again, after));
        }
    }

    [Fact]
    public void A_compiler_takes_all_types_of_the_kernel_with_their_sizes()
    {
        BtfTypes kernel = BtfTypes.Parse(File.ReadAllBytes("/sys/kernel/btf/vmlinux"));
        using StringWriter written = new();
        new BtfPrinter(kernel).WriteAll(written);
        StringBuilder source = new(written.ToString());
        HashSet<string> names = new(StringComparer.Ordinal);
        for (uint id = 1; id < kernel.Count; id++)
        {
            BtfType type = kernel[new BtfTypeId(id)];
            // The second of a name is written under another one.
            bool isFirst = (type.IsComposite || type.IsEnum) && type.NameOffset != 0 && names.Add(kernel.GetName(type));
            if (isFirst && type.Kind == BtfKind.Struct)
                source.AppendLine($"_Static_assert(sizeof(struct {kernel.GetName(type)}) == {type.Size}, \"{kernel.GetName(type)}\");");
        }

        string file = Path.GetTempFileName();
        File.WriteAllText(file, source.ToString());
        try
        {
            Tools.Run("clang-19", $"-x c -std=gnu11 -fsyntax-only -ferror-limit=20 -Wno-everything {file}");
        }
        finally
        {
            File.Delete(file);
        }

        Assert.True(names.Count > 3_000, $"{names.Count} structures");
    }

    private static List<(string Name, uint Offset, int Bits)> Offsets(BtfTypes types, BtfType type) =>
        [.. Enumerable.Range(0, type.Count).Select(i => types.GetMember(type, i)).Select(member => (types.GetText(member.NameOffset), member.BitOffset, member.BitSize))
            .Where(static member => !member.Item1.StartsWith("__gap", StringComparison.Ordinal))];

    private static BtfTypes Parse(string source) => BpfLoader.Object.BpfObject.Parse(Tools.CompileBpf(source)).Btf!;
}

using System.Globalization;
using System.Text;

namespace Emleak.Elf.Tests;

public sealed class RealFileTests : IDisposable
{
    private const string Libc = "/lib/x86_64-linux-gnu/libc.so.6";
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Dynamic_symbols_of_libc_are_those_that_nm_lists()
    {
        Assert.SkipUnless(File.Exists(Libc), "needs Debian's libc on x86-64");
        IEnumerable<string> expected = _workshop.Run("nm", "-D", "--defined-only", "--without-symbol-versions", Libc)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[..17] + line[19..])
            .Order(StringComparer.Ordinal);
        using ElfImage image = ElfImage.Open(Libc);
        List<string> actual = [];
        ElfSymbolTable table = image.DynamicSymbols;
        for (int i = 1; i < table.Count; i++)
        {
            if (table[i].SectionIndex != 0) actual.Add($"{table[i].Value:x16} {table.GetNameString(table[i])}");
        }

        Assert.Equal(expected, actual.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("/bin/true")]
    [InlineData(Libc)]
    public void Build_id_is_the_one_that_readelf_shows(string path)
    {
        string shown = _workshop.Run("readelf", "-n", path);
        using ElfImage image = ElfImage.Open(path);
        Assert.Contains("Build ID: " + Convert.ToHexStringLower(image.BuildId), shown, StringComparison.Ordinal);
        Assert.Equal(20, image.BuildId.Length);
    }

    [Fact]
    public void Build_id_of_a_debug_file_is_that_of_its_program()
    {
        _workshop.Write("a.c", "int main(void) { return 0; }");
        _workshop.Run("gcc", "-g", "-Wl,--build-id", "a.c", "-o", "a");
        _workshop.Run("objcopy", "--only-keep-debug", "a", "a.debug");
        using ElfImage program = ElfImage.Open(_workshop["a"]);
        using ElfImage debug = ElfImage.Open(_workshop["a.debug"]);
        Assert.False(program.BuildId.IsEmpty);
        Assert.Equal(program.BuildId.ToArray(), debug.BuildId.ToArray());
    }

    [Fact]
    public void Bpf_object_is_read()
    {
        _workshop.Write("p.c", "__attribute__((section(\"uprobe\"))) int probe(void *context) { return 7; }");
        _workshop.Run("clang-19", "-target", "bpf", "-O2", "-g", "-c", "p.c", "-o", "p.o");
        using ElfImage image = ElfImage.Open(_workshop["p.o"]);
        Assert.Equal((ElfMachine.Bpf, ElfType.Relocatable), (image.Machine, image.Type));
        Assert.Equal(16, image.GetData(image.FindSection("uprobe")!).Length);
        Assert.NotEmpty(image.GetData(image.FindSection(".BTF")!).ToArray());
    }

    [Fact]
    public void Compressed_sections_expand_to_what_they_were()
    {
        _workshop.Write("a.c", "int shared_name(int x) { return x + 1; } int main(void) { return shared_name(2); }");
        _workshop.Run("gcc", "-g", "a.c", "-o", "plain");
        _workshop.Run("objcopy", "--compress-debug-sections=zlib", "plain", "packed");
        using ElfImage plain = ElfImage.Open(_workshop["plain"]);
        using ElfImage packed = ElfImage.Open(_workshop["packed"]);
        ElfSection section = packed.FindSection(".debug_info")!;
        Assert.True(section.IsCompressed);
        Assert.Equal(plain.GetData(plain.FindSection(".debug_info")!).ToArray(), packed.GetData(section).ToArray());
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void A_compressed_section_that_lies_about_its_size_is_malformed(string algorithm)
    {
        _workshop.Write("a.c", "int main(void) { return 0; }");
        _workshop.Run("gcc", "-g", "a.c", "-o", "a");
        _workshop.Run("llvm-objcopy-19", $"--compress-debug-sections={algorithm}", "a");
        byte[] bytes = File.ReadAllBytes(_workshop["a"]);
        using ElfImage honest = ElfImage.FromMemory(bytes);
        ElfSection section = honest.FindSection(".debug_info")!;
        int real = honest.GetData(section).Length;
        foreach (ulong claim in (ulong[])[0, (ulong)real - 1, (ulong)real + 1, 1UL << 40, ulong.MaxValue])
        {
            var copy = (byte[])bytes.Clone();
            BitConverter.TryWriteBytes(copy.AsSpan((int)section.FileOffset + 8), claim);
            using ElfImage image = ElfImage.FromMemory(copy);
            Assert.Throws<MalformedDataException>(() => image.GetData(image.FindSection(".debug_info")!).Length);
        }
    }

    [Fact]
    public void What_is_not_a_regular_file_is_refused_without_waiting()
    {
        _workshop.Run("mkfifo", "fifo");
        _workshop.Write("empty", "");
        foreach (string path in (string[])[_workshop["fifo"], _workshop.Folder, "/dev/zero", "/dev/null", _workshop["empty"], "/proc/self/maps"])
        {
            Assert.Throws<MalformedDataException>(() => ElfImage.Open(path));
        }

        Assert.Throws<FileNotFoundException>(() => ElfImage.Open(_workshop["absent"]));
    }

    [Fact]
    public void Identity_is_what_stat_tells()
    {
        string[] stat = _workshop.Run("stat", "-L", "-c", "%Hd %Ld %i %s", "/bin/true").Split(' ', StringSplitOptions.TrimEntries);
        using ElfImage image = ElfImage.Open("/bin/true");
        FileIdentity identity = image.Identity;
        Assert.Equal(stat, new[] { Text(identity.DeviceMajor), Text(identity.DeviceMinor), Text(identity.Inode), Text((ulong)image.Length) });

        static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_string_table_without_a_last_zero_is_malformed()
    {
        ElfBuilder builder = new();
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol("last_name", 0, 0, 1));
        byte[] file = builder.Build();
        int end = file.AsSpan().IndexOf("last_name"u8) + "last_name".Length;
        file[end] = (byte)'x';
        using ElfImage image = ElfImage.FromMemory(file);
        MalformedDataException problem = Assert.Throws<MalformedDataException>(() => image.Symbols.Count);
        Assert.Contains("zero", problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(Encoding.UTF8.GetBytes(problem.Where));
    }
}

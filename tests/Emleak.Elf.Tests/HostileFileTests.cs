using Microsoft.Win32.SafeHandles;

namespace Emleak.Elf.Tests;

/// <summary>Files that change, lead elsewhere, or are no files: each ends in bytes or in a typed error, and no driver is called.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void A_file_has_the_bytes_that_it_has_in_memory()
    {
        string path = Build();
        using ElfImage file = ElfImage.Open(path);
        using ElfImage memory = ElfImage.FromMemory(File.ReadAllBytes(path));
        Assert.Equal(memory.Sections, file.Sections);
        Assert.Equal(memory.Segments, file.Segments);
        Assert.Equal(memory.BuildId.ToArray(), file.BuildId.ToArray());
        foreach (ElfSection section in file.Sections) Assert.True(memory.GetData(section).SequenceEqual(file.GetData(section)), section.Name);
        foreach (ElfSegment segment in file.Segments) Assert.True(memory.GetData(segment).SequenceEqual(file.GetData(segment)));
        Assert.Equal(memory.GetBytes(0, 64).ToArray(), file.GetBytes(0, 64).ToArray());
        Assert.Throws<MalformedDataException>(() => file.GetBytes((ulong)file.Length - 1, 2).Length);
    }

    [Fact]
    public void A_file_that_shrinks_is_malformed_and_what_was_read_of_it_stays()
    {
        string path = Build();
        using ElfImage image = ElfImage.Open(path);
        byte[] text = image.GetData(image.FindSection(".text")!).ToArray();
        File.WriteAllBytes(path, []);
        Assert.Throws<MalformedDataException>(() => image.Symbols.Count);
        Assert.Equal(text, image.GetData(image.FindSection(".text")!).ToArray());
    }

    [Fact]
    public void A_file_that_is_cut_and_restored_all_the_time_does_no_harm()
    {
        string path = Build();
        byte[] whole = File.ReadAllBytes(path);
        bool isOver = false;
        Thread cutting = new(() =>
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            while (!Volatile.Read(ref isOver))
            {
                RandomAccess.SetLength(file, 64);
                RandomAccess.Write(file, whole, 0);
            }
        });
        cutting.Start();
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            try
            {
                using ElfImage image = ElfImage.Open(path);
                foreach (ElfSection section in image.Sections) _ = image.GetData(section);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Volatile.Write(ref isOver, true);
        cutting.Join();
        Assert.InRange(refused, 1, 2000);
    }

    [Fact]
    public void A_pipe_and_a_device_are_looked_at_and_not_opened()
    {
        // A device that has no driver: who opens it is told so.
        _workshop.Run("mknod", "device", "c", "240", "77");
        _workshop.Run("mkfifo", "pipe");
        Thread writer = new(() => File.OpenHandle(_workshop["pipe"], FileMode.Open, FileAccess.Write).Dispose());
        writer.Start();
        foreach (string name in (string[])["device", "pipe", "."])
        {
            MalformedDataException problem = Assert.Throws<MalformedDataException>(() => ElfImage.Open(_workshop[name]));
            Assert.Contains("not a regular file", problem.Message, StringComparison.Ordinal);
        }

        Assert.Throws<MalformedDataException>(() => ElfImage.Open("/dev/ptmx"));
        Assert.False(writer.Join(200), "somebody has opened the pipe");
        using SafeFileHandle reader = File.OpenHandle(_workshop["pipe"]);
        writer.Join();
    }

    [Theory]
    [InlineData("/inside", true)]
    [InlineData("/a/b/../../inside", true)]
    [InlineData("/../../../../inside", true)]
    [InlineData("/a/to-root/inside", true)]
    [InlineData("/a/relative", true)]
    [InlineData("/absolute", true)]
    [InlineData("/outside", false)]
    [InlineData("/a/up", false)]
    [InlineData("/loop", false)]
    [InlineData("/inside/x", false)]
    [InlineData("/a", false)]
    [InlineData("/", false)]
    [InlineData("/proc", false)]
    public void Paths_in_a_root_folder_lead_to_what_is_in_it(string path, bool isThere)
    {
        Directory.CreateDirectory(_workshop["root/a/b"]);
        File.Copy(Build(), _workshop["root/inside"]);
        File.Copy(_workshop["root/inside"], _workshop["secret"]);
        File.CreateSymbolicLink(_workshop["root/a/to-root"], "/");
        File.CreateSymbolicLink(_workshop["root/a/relative"], "b/../.././inside");
        File.CreateSymbolicLink(_workshop["root/absolute"], "/a/relative");
        File.CreateSymbolicLink(_workshop["root/outside"], _workshop["secret"]);
        File.CreateSymbolicLink(_workshop["root/a/up"], "../../secret");
        File.CreateSymbolicLink(_workshop["root/loop"], "loop");
        File.CreateSymbolicLink(_workshop["root/proc"], "/proc/self/exe");
        using RootFolder root = RootFolder.At(_workshop["root"])!;
        try
        {
            using SafeFileHandle file = root.OpenFile(path, out FileStatus status);
            using ElfImage expected = ElfImage.Open(_workshop["root/inside"]);
            Assert.True(isThere, "found");
            Assert.Equal(expected.Identity, status.Identity);
        }
        catch (Exception problem) when (problem is IOException or MalformedDataException)
        {
            Assert.False(isThere, problem.Message);
        }
    }

    [Theory]
    [InlineData(".symtab", false)]
    [InlineData(".eh_frame", false)]
    [InlineData(".note.gnu.build-id", false)]
    [InlineData(".debug_info", true)]
    public void Only_debug_sections_may_be_compressed(string name, bool mayBe)
    {
        ElfBuilder builder = new();
        builder.AddSection(name, 1, Compressed(new byte[100]), flags: 0x800);
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        if (mayBe) Assert.Equal(100, image.GetData(image.FindSection(name)!).Length);
        else Assert.Contains("only debug sections", Assert.Throws<MalformedDataException>(() => image.GetData(image.FindSection(name)!).Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_allocated()
    {
        ElfBuilder builder = new();
        builder.AddSection(".debug_str", 1, Compressed(new byte[1 << 28]), flags: 0x800);
        using ElfImage image = ElfImage.FromMemory(builder.Build());
        Assert.Contains("limit reached", Assert.Throws<MalformedDataException>(() => image.GetData(image.FindSection(".debug_str")!).Length).Message, StringComparison.Ordinal);
        Assert.Equal(0, image.Budget.Taken);
    }

    [Fact]
    public void All_files_together_take_no_more_than_the_limit()
    {
        ElfBuilder builder = new();
        builder.AddSection(".debug_str", 1, new byte[60_000]);
        string path = _workshop.Write("file", builder.Build());
        ElfLimits limits = new() { MaxFileBytes = 1 << 20, MaxTotalBytes = 100_000 };
        MemoryBudget all = MemoryBudget.ForAll(limits);
        ElfImage first = ElfImage.OpenIn(RootFolder.Own, path, all, limits);
        using ElfImage second = ElfImage.OpenIn(RootFolder.Own, path, all, limits);
        Assert.Equal(60_000, first.GetData(first.FindSection(".debug_str")!).Length);
        Assert.Contains("limit reached", Assert.Throws<MalformedDataException>(() => second.GetData(second.FindSection(".debug_str")!).Length).Message, StringComparison.Ordinal);

        // What was given back can be taken again.
        first.Dispose();
        Assert.Equal(60_000, second.GetData(second.FindSection(".debug_str")!).Length);
        Assert.Equal(60_000, all.Taken);
    }

    private static byte[] Compressed(byte[] data)
    {
        MemoryStream packed = new();
        packed.Write([.. BitConverter.GetBytes(1u), 0, 0, 0, 0, .. BitConverter.GetBytes((ulong)data.Length), .. BitConverter.GetBytes(1UL)]);
        using (System.IO.Compression.ZLibStream stream = new(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) stream.Write(data);
        return packed.ToArray();
    }

    private string Build()
    {
        _workshop.Write("a.c", "#include <stdio.h>\nint main(void) { puts(\"x\"); return 0; }");
        _workshop.Run("gcc", "-g", "-gz=zlib", "-Wl,--build-id", "a.c", "-o", "program");
        return _workshop["program"];
    }
}

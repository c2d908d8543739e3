namespace Emleak.Elf.Tests;

/// <summary>Broken files end in success or in <see cref="MalformedDataException"/>, and in nothing else.</summary>
public sealed class CorruptionTests
{
    private static readonly byte[] Real = BuildReal();

    [Fact]
    public void Truncation_at_every_place()
    {
        int refused = 0;
        int step = Math.Max(1, Real.Length / 3000);
        for (int length = 1; length < Real.Length; length += step) refused += Survives(Real[..length]) ? 0 : 1;

        // The section headers come last, so that every truncated file is refused.
        Assert.Equal((Real.Length - 2) / step + 1, refused);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_bytes_in_headers_and_tables(int seed)
    {
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < 1500; round++)
        {
            var file = (byte[])Real.Clone();
            for (int flips = random.Next(1, 8); flips > 0; flips--) Break(file, random);
            refused += Survives(file) ? 0 : 1;
        }

        Assert.InRange(refused, 100, 1499);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Random_bytes_in_small_files_of_other_formats(bool is64, bool bigEndian)
    {
        ElfBuilder builder = new(is64, bigEndian);
        int text = builder.AddCode(".text", 0x1000, 64);
        builder.AddSymbols(dynamic: false, new ElfBuilder.Symbol("f", 0x1000, 16, text), new ElfBuilder.Symbol("g", 0x1010, 16, text));
        builder.AddNote("GNU", 3, [1, 2, 3, 4]);
        builder.AddSegment(1, text);
        builder.AddSegment(4, 5);
        byte[] whole = builder.Build();
        Random random = new(5);
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            var file = (byte[])whole.Clone();
            file[random.Next(file.Length)] = (byte)random.Next(256);
            file[random.Next(file.Length)] = 0xff;
            refused += Survives(file) ? 0 : 1;
        }

        Assert.InRange(refused, 100, 2999);
    }

    /// <summary>Three times in four in the first or last kilobytes, where headers are; values that hurt more often than others.</summary>
    private static void Break(byte[] file, Random random)
    {
        int position = random.Next(4) switch
        {
            0 => random.Next(file.Length),
            1 => random.Next(64 + (56 * 14)),
            _ => file.Length - 1 - random.Next(64 * 40),
        };
        file[position] = random.Next(3) switch { 0 => 0xff, 1 => 0x80, _ => (byte)random.Next(256) };
    }

    private static bool Survives(byte[] file)
    {
        try
        {
            using ElfImage image = ElfImage.FromMemory(file);
            long sum = image.BuildId.Length;
            foreach (ElfSection section in image.Sections) sum += image.GetData(section).Length;
            foreach (ElfSegment segment in image.Segments) sum += image.GetData(segment).Length;
            sum += Walk(image.Symbols) + Walk(image.DynamicSymbols);
            image.TryGetFileOffset((ulong)sum, out _);
            return true;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static long Walk(ElfSymbolTable table)
    {
        long length = 0;
        for (int i = 0; i < table.Count; i++) length += table.GetName(table[i]).Length;
        return length;
    }

    private static byte[] BuildReal()
    {
        using Workshop workshop = new();
        workshop.Write("a.c", "#include <stdio.h>\nint main(void) { puts(\"x\"); return 0; }");
        workshop.Run("gcc", "-g", "a.c", "-o", "a");
        workshop.Run("objcopy", "--compress-debug-sections=zlib", "a");
        return File.ReadAllBytes(workshop["a"]);
    }
}

using System.Text;
using Emleak.Elf;
using Emleak.Symbols.Process;

namespace Emleak.Symbols.Tests;

public sealed class ProcessMapsTests
{
    [Fact]
    public void A_line_gives_all_its_fields()
    {
        MemoryMapping mapping = Assert.Single(Parse("55f8cc06a000-55f8cc06f000 r-xp 00002000 fe:1f 247270                     /usr/bin/cat\n"));
        Assert.Equal(new MemoryMapping(0x55f8cc06a000, 0x55f8cc06f000, true, 0x2000, new FileIdentity(0xfe, 0x1f, 247270), "/usr/bin/cat", false), mapping);
    }

    [Theory]
    [InlineData("/a b/c  d", "/a b/c  d", false)]
    [InlineData("/a\\012b", "/a\nb", false)]
    [InlineData("/x (deleted)", "/x", true)]
    [InlineData("/x (deleted) (deleted)", "/x (deleted)", true)]
    [InlineData("/x\\\\", "/x\\\\", false)]
    [InlineData("/\u00fcn\u00efc\u00f6d\u00e9", "/\u00fcn\u00efc\u00f6d\u00e9", false)]
    [InlineData("", "", false)]
    public void Paths_are_those_of_the_target(string shown, string path, bool deleted)
    {
        MemoryMapping mapping = Assert.Single(Parse($"1000-2000 r-xp 00000000 08:01 7 {shown}\n"));
        Assert.Equal((path, deleted), (mapping.Path, mapping.IsDeleted));
    }

    [Fact]
    public void Memory_without_a_file_is_told_apart()
    {
        IReadOnlyList<MemoryMapping> mappings = Parse("""
            1000-2000 r-xp 00000000 00:00 0 
            2000-3000 r-xp 00000000 00:00 0                          [vdso]
            3000-4000 rw-p 00000000 00:00 0                          [anon:heap (deleted)]
            4000-5000 r-xs 00000000 00:01 2057                       /memfd:doublemapper (deleted)
            5000-6000 r-xs 00000000 00:01 2058                       /memfd:real
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]
            """);
        Assert.Equal([false, false, false, true, true, false], mappings.Select(mapping => mapping.IsFile));
        Assert.Equal([false, true, false, false, false, true], mappings.Select(mapping => mapping.IsKernelProvided));
        Assert.Equal([false, false, false, true, false, false], mappings.Select(mapping => mapping.IsMemoryFile));
        Assert.False(mappings[2].IsDeleted);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("\n")]
    [InlineData("1000-2000")]
    [InlineData("2000-1000 r-xp 00000000 08:01 7 /x")]
    [InlineData("1000-1000 r-xp 00000000 08:01 7 /x")]
    [InlineData("10000000000000000-20000000000000000 r-xp 00000000 08:01 7 /x")]
    [InlineData("1000-2000 r-x 00000000 08:01 7 /x")]
    [InlineData("1000-2000 r-xp zz 08:01 7 /x")]
    [InlineData("1000-2000 r-xp 0 08:01 7x /x")]
    [InlineData("1000-2000 r-xp 0 08:01 99999999999999999999 /x")]
    [InlineData("1000-2000 r-xp 0 08:01 ")]
    [InlineData("1000-3000 r-xp 0 08:01 1 /x\n2000-4000 r-xp 0 08:01 1 /x")]
    public void What_is_not_a_mapping_is_malformed(string text) => Assert.Throws<MalformedDataException>(() => Parse(text));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_damage_gives_mappings_in_order_or_malformed(int seed)
    {
        Random random = new(seed);
        byte[] good = File.ReadAllBytes("/proc/self/maps");
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            var bad = (byte[])good.Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                IReadOnlyList<MemoryMapping> mappings = ProcessMaps.Parse(bad.AsSpan(0, random.Next(bad.Length))).Mappings;
                for (int i = 1; i < mappings.Count; i++) Assert.True(mappings[i - 1].End <= mappings[i].Start);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 200, 1999);
    }

    [Fact]
    public void Find_agrees_with_a_linear_search()
    {
        ProcessMaps maps = ProcessMaps.Read(Environment.ProcessId);
        Assert.True(maps.Mappings.Count > 20);
        foreach (MemoryMapping mapping in maps.Mappings)
        {
            foreach (ulong address in (ulong[])[mapping.Start - 1, mapping.Start, mapping.End - 1, mapping.End])
            {
                Assert.Equal(maps.Mappings.FirstOrDefault(candidate => candidate.Contains(address)), maps.Find(address));
            }
        }

        Assert.Null(maps.Find(0));
        Assert.Null(maps.Find(ulong.MaxValue));
    }

    private static IReadOnlyList<MemoryMapping> Parse(string text) => ProcessMaps.Parse(Encoding.UTF8.GetBytes(text)).Mappings;
}

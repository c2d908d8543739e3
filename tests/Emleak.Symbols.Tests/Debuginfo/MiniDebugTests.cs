using Emleak.Elf;
using Emleak.Elf.Tests;
using Emleak.Symbols.Debuginfo;
using Emleak.Symbols.Tables;

namespace Emleak.Symbols.Tests.Debuginfo;

/// <summary>The small symbol table in .gnu_debugdata, as Fedora's packages have it.</summary>
public sealed class MiniDebugTests : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("-6")]
    [InlineData("-9e")]
    [InlineData("-1 --block-size=4096")]
    [InlineData("-6 --check=none")]
    [InlineData("-6 --check=sha256")]
    [InlineData("--x86 --lzma2=preset=6")]
    public void A_stripped_program_is_named_from_it(string options)
    {
        Build(options.Split(' '));
        using Target target = Target.Start(_workshop["simple"]);
        using Symbolizer symbolizer = Symbolizer.ForProcess(target.Pid);
        Frame frame = symbolizer.Symbolize(target["hidden"] + 1, AddressKind.Exact);
        Assert.Equal(("hidden", 1u), (frame.Function, frame.Offset));
        Assert.Equal(SymbolTableKind.MiniDebug, Assert.Single(symbolizer.Modules[0].FindFunctions("hidden")).Table);
    }

    [Fact]
    public void A_dictionary_of_a_gigabyte_is_refused_before_it_is_allocated()
    {
        _workshop.Write("data", new byte[1000]);
        _workshop.Run("xz", "-k", "--lzma2=dict=1GiB", "data");
        MalformedDataException problem = Assert.Throws<MalformedDataException>(() => MiniDebugData.Expand(File.ReadAllBytes(_workshop["data.xz"])));
        Assert.Contains("dictionary", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_allocated()
    {
        _workshop.Run("sh", "-c", "head -c 500000000 /dev/zero | xz -1 > bomb.xz");
        byte[] bomb = File.ReadAllBytes(_workshop["bomb.xz"]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MalformedDataException problem = Assert.Throws<MalformedDataException>(() => MiniDebugData.Expand(bomb));
        Assert.Contains("claims to grow", problem.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Damage_is_an_error_of_the_module_and_nothing_else()
    {
        Build(["-6"]);
        byte[] good = File.ReadAllBytes(_workshop["small.xz"]);
        Random random = new(7);
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--) bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            if (round % 5 == 0) bad = bad[..random.Next(bad.Length)];
            try
            {
                MiniDebugData.Expand(bad);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 2900, 3000);
    }

    private void Build(string[] options)
    {
        _workshop.Write("simple.c", Programs.Simple);
        _workshop.Run("gcc", "simple.c", "-o", "simple", "-w");
        _workshop.Run("objcopy", "-S", "--keep-symbol=hidden", "simple", "small");
        _workshop.Run("xz", ["-k", .. options, "small"]);
        _workshop.Run("strip", "simple");
        _workshop.Run("objcopy", "--add-section", ".gnu_debugdata=small.xz", "simple");
    }
}
